"""By what each charger must come in, the authorities that are accepted, what was signed, what chargers hold.

Times of certificates are real time, never business time: chargers and TLS judge them by the real clock.
"""

from django.conf import settings
from django.db import models

from chargers.models import Charger, IssuedCommand


class Profile(models.IntegerChoices):
    """How a charger comes in (OCPP security profiles; A00)."""

    NOTHING = 0, "Nothing: neither encrypted nor proven"
    PASSWORD = 1, "Password over an open line"
    TLS = 2, "Password over TLS"
    CERTIFICATE = 3, "Client certificate over TLS"


class Security(models.Model):
    """By which profile a charger must come, and how it came last. A charger without a row need prove nothing more."""

    charger = models.OneToOneField(Charger, models.CASCADE, related_name="security")
    required_profile = models.PositiveSmallIntegerField(
        choices=Profile, default=Profile.NOTHING, help_text="By a lower one it is not let in"
    )
    asked_profile = models.PositiveSmallIntegerField(
        choices=Profile, null=True, blank=True, help_text="Asked of the charger; required as soon as it came by it"
    )
    came_by = models.PositiveSmallIntegerField(choices=Profile, null=True, blank=True)
    came_at = models.DateTimeField(null=True, blank=True, help_text="When it first came like that")
    certificate = models.TextField(blank=True, help_text="PEM that it proved itself with last")

    class Meta:
        verbose_name_plural = "security"

    def __str__(self) -> str:
        return f"{self.charger}: profile {self.required_profile}"


class AuthorityUse(models.TextChoices):
    CHARGERS = "chargers", "Signs our chargers' certificates"
    FOREIGN = "foreign", "Accepted: a maker's or another operator's"
    V2G_ROOT = "v2g_root", "Test root of ISO 15118"
    CPO_SUB = "cpo_sub", "Test sub-authority for charging stations"
    MO_ROOT = "mo_root", "Test root of contracts"
    MO_SUB = "mo_sub", "Test sub-authority of contracts"


class Authority(models.Model):
    """Who signs certificates that are accepted here; with its key, where it is ours."""

    use = models.CharField(max_length=10, choices=AuthorityUse)
    key_kind = models.CharField(max_length=3, choices=[("ec", "EC"), ("rsa", "RSA")])
    name = models.CharField(max_length=120)
    organization = models.CharField(
        max_length=64, blank=True, help_text="What a certificate must name as its owner; blank: whatever it names"
    )
    certificate = models.TextField(help_text="PEM")
    sealed_key = models.BinaryField(null=True, blank=True, help_text="PKCS#8, encrypted under the environment's key")
    signed_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Since then nothing that it signed is accepted")

    class Meta:
        verbose_name_plural = "authorities"
        constraints = [
            models.UniqueConstraint(
                fields=["use", "key_kind"],
                condition=models.Q(retired_at=None) & ~models.Q(use="foreign"),
                name="one_living_authority_per_use_and_key_kind",
            )
        ]
        ordering = ["pk"]
        permissions = [("manage_authorities", "Run the certificate authority")]

    def __str__(self) -> str:
        return self.name


class Purpose(models.TextChoices):
    STATION = "station", "Charger, towards us"
    SERVER = "server", "Our server, towards chargers"
    V2G = "v2g", "Charger, towards vehicles"
    BOTH = "both", "Charger, towards us and vehicles"
    CONTRACT = "contract", "Vehicle's contract"


class GivenState(models.TextChoices):
    READY = "ready", "To be given to the charger"
    GIVEN = "given", "On its way to the charger"
    ACCEPTED = "accepted", "Accepted by the charger"
    REFUSED = "refused", "Refused by the charger"
    LEFT = "left", "Given up: it could not be handed over"
    BY_HAND = "", "Handed over otherwise"


class SignedCertificate(models.Model):
    """One certificate that an authority of ours signed, or a provider's, for a charger of ours.

    Never deleted: what is revoked must stay known.
    """

    authority = models.ForeignKey(Authority, models.PROTECT, null=True, blank=True, related_name="signed")
    charger = models.ForeignKey(Charger, models.SET_NULL, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose)
    subject = models.CharField(max_length=255, help_text="The common name")
    serial_number = models.CharField(max_length=40, help_text="Hexadecimal, without leading zeros")
    certificate = models.TextField(help_text="PEM")
    above = models.TextField(blank=True, help_text="PEM of who signed it, where that is no authority of ours")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    signed_at = models.DateTimeField()
    request_id = models.IntegerField(null=True, blank=True, help_text="2.1: of the charger's request")
    given_state = models.CharField(max_length=8, choices=GivenState, default=GivenState.BY_HAND, blank=True)
    given_at = models.DateTimeField(null=True, blank=True, help_text="The last try")
    tries = models.PositiveSmallIntegerField(default=0)
    given_by = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    renewal_asked_at = models.DateTimeField(null=True, blank=True)
    first_used_at = models.DateTimeField(null=True, blank=True, help_text="When a charger first came in with it")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "serial_number"], name="one_certificate_per_serial")
        ]
        indexes = [
            models.Index(fields=["charger", "-id"], name="certificates_of_a_charger"),
            models.Index(fields=["given_state"], condition=models.Q(given_state="ready"), name="certificates_to_give"),
        ]
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.subject} ({self.serial_number[:12]})"


class HeldCertificate(models.Model):
    """A certificate that a charger said it has installed, by its hashes; children hang below their own chain's head."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="held_certificates")
    kind = models.CharField(max_length=40, help_text="In the words of 2.x: CSMSRootCertificate, ...")
    algorithm = models.CharField(max_length=8)
    issuer_name_hash = models.CharField(max_length=128)
    issuer_key_hash = models.CharField(max_length=128)
    serial_number = models.CharField(max_length=40)
    child_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    told_at = models.DateTimeField(help_text="Business time")

    class Meta:
        ordering = ["charger_id", "kind", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.serial_number}"


class UpgradeStep(models.TextChoices):
    PROFILE = "profile", "The charger is told the new line"
    PRIORITY = "priority", "The charger is told to try it first"
    RESET = "reset", "The charger is to restart"
    RETURN = "return", "Waiting for it to come back by the new profile"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Upgrade(models.Model):
    """A charger on its way to a higher profile, step by step (A05)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="upgrades")
    profile = models.PositiveSmallIntegerField(choices=Profile)
    slot = models.PositiveSmallIntegerField(null=True, blank=True, help_text="2.x: of the new network profile")
    priority = models.CharField(max_length=60, blank=True, help_text="2.x: the slots in their new order")
    step = models.CharField(max_length=8, choices=UpgradeStep)
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(help_text="Business time")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger"],
                condition=~models.Q(step__in=["done", "failed"]),
                name="one_upgrade_at_a_time_per_charger",
            )
        ]
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.charger} to profile {self.profile}: {self.step}"


class TlsTrouble(models.Model):
    """Handshakes of TLS that came to nothing, by what went wrong: who it was cannot be known (quirk 10)."""

    reason = models.CharField(max_length=200, unique=True)
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.reason}: {self.count}"
