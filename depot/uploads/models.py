"""A log that we asked a charger for, and the file once it came. Kept UPLOADS_KEPT_DAYS days."""

from django.conf import settings
from django.db import models

from chargers.models import Charger, IssuedCommand


class LogSort(models.TextChoices):
    DIAGNOSTICS = "diagnostics", "Diagnostics"
    SECURITY = "security", "Security log"


class AwaitedUpload(models.Model):
    """What may come in by an address that nobody can guess: once, from whoever was given it, up to a size."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="awaited_uploads")
    sort = models.CharField(max_length=12, choices=LogSort)
    key_hmac = models.CharField(max_length=64, unique=True, help_text="HMAC-SHA-256 of the secret in its address")
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(help_text="Business time")
    expires_at = models.DateTimeField(help_text="Real time: what comes later is turned away")
    max_bytes = models.PositiveBigIntegerField()
    receiving_since = models.DateTimeField(null=True, blank=True, help_text="Real time; one at a time")
    received_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    stored_as = models.CharField(max_length=32, blank=True, help_text="The file's name with us: made by us, never told")
    told_name = models.CharField(max_length=255, blank=True, help_text="What the charger calls it; a name, not a path")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["charger", "-id"], name="uploads_of_a_charger")]
        permissions = [("ask_for_log", "Ask a charger for its logs")]

    def __str__(self) -> str:
        return f"{self.get_sort_display()} of {self.charger}"
