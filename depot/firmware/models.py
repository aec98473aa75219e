"""Firmware as the maker gave it to us, and the campaigns that bring it to chargers."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from chargers.models import Charger, IssuedCommand

FETCHED_BY = ("http", "https", "ftp", "ftps", "sftp")


def check_fetchable(location: str) -> None:
    """Hosts without a dot are common within a depot's network, so that Django's own check is too narrow."""
    try:
        parts = urlsplit(location)
    except ValueError as error:
        raise ValidationError(f"This is no address: {error}") from error
    if parts.scheme not in FETCHED_BY or not parts.hostname:
        raise ValidationError(f"An address of a file is expected, beginning with {', '.join(FETCHED_BY)}.")


class FirmwareImage(models.Model):
    """A file of ours that chargers fetch from us, or the address of the maker's."""

    vendor = models.CharField(max_length=50)
    model = models.CharField(max_length=50, blank=True, help_text="As the charger says it; none is every model")
    version = models.CharField(max_length=60, help_text="As the charger says it once it runs")
    location = models.CharField(
        max_length=500, blank=True, validators=[check_fetchable], help_text="Where the maker has it; none: from us"
    )
    stored_as = models.CharField(max_length=32, blank=True)
    file_name = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    md5 = models.CharField(max_length=32, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=43, unique=True, help_text="In the address by which chargers fetch it")
    signing_certificate = models.TextField(blank=True, help_text="The maker's, PEM")
    signature = models.TextField(blank=True, help_text="The maker's, base64")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["vendor", "model", "-id"]
        constraints = [
            models.CheckConstraint(
                name="firmware_is_with_us_or_elsewhere",
                condition=models.Q(location="") ^ models.Q(stored_as=""),
            ),
            models.CheckConstraint(
                name="signed_firmware_has_its_certificate",
                condition=(models.Q(signing_certificate="") & models.Q(signature=""))
                | (~models.Q(signing_certificate="") & ~models.Q(signature="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.model} {self.version}".replace("  ", " ")


class CampaignState(models.TextChoices):
    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


class Campaign(models.Model):
    """One image for a list of chargers: when, how many at once, and after how many failures it stops by itself."""

    name = models.CharField(max_length=80)
    image = models.ForeignKey(FirmwareImage, models.PROTECT, related_name="campaigns")
    state = models.CharField(max_length=8, choices=CampaignState, default=CampaignState.PLANNED)
    stopped_why = models.CharField(max_length=200, blank=True)
    begins_at = models.DateTimeField(help_text="Business time")
    window_from = models.TimeField(null=True, blank=True, help_text="Of each day, in the zone of the charger's depot")
    window_until = models.TimeField(null=True, blank=True)
    at_once = models.PositiveSmallIntegerField(default=1)
    stop_after_failures = models.PositiveSmallIntegerField(default=1)
    only_when_idle = models.BooleanField(default=True)
    base_url = models.CharField(max_length=200, blank=True, help_text="Where chargers reach us for files")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], condition=models.Q(state__in=["planned", "running"]), name="due")]
        constraints = [
            models.CheckConstraint(
                name="a_window_has_both_ends",
                condition=models.Q(window_from=None, window_until=None)
                | models.Q(window_from__isnull=False, window_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StepState(models.TextChoices):
    WAITING = "waiting", "Its turn comes"
    ASKED = "asked", "Asked"
    UNDER_WAY = "under_way", "Under way"
    INSTALLED = "installed", "Installed"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Had it already"


class CampaignStep(models.Model):
    """One charger's way through a campaign."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="steps")
    charger = models.ForeignKey(Charger, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    note = models.CharField(max_length=200, blank=True)
    firmware_before = models.CharField(max_length=60, blank=True)
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    changed_at = models.DateTimeField(help_text="Business time")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "charger"], name="one_step_per_charger"),
            models.UniqueConstraint(
                fields=["charger"],
                condition=models.Q(state__in=["asked", "under_way"]),
                name="one_update_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}: {self.charger}"
