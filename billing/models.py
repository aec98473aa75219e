"""What a finished session costs, and what the ERP has been given."""

from django.conf import settings
from django.db import models

from sessions.models import Session


class Tariff(models.Model):
    """A price list in one version; a change makes a new version, what was billed keeps its own.

    Of the versions in force at a moment (`valid_from` has come) the newest holds; a session is billed by the version
    that held when it started, whichever version its bay points at.
    """

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40, blank=True, help_text="Blank: that of the depot where it is used")
    # [{"weekdays": [1..7], "from": "16:00", "to": "21:00", "months": [6..9], "price_per_kwh": "0.41522", "label": ""}]
    # The first period that fits a moment is its price; `price_per_kwh` below where none fits. All before tax.
    periods = models.JSONField(default=list, blank=True)
    price_per_kwh = models.DecimalField(max_digits=10, decimal_places=5)
    price_per_session = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    replaced_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    valid_from = models.DateTimeField(null=True, blank=True, help_text="Blank: from the moment it was made")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_tariff_per_name_and_version"),
            models.CheckConstraint(
                condition=models.Q(price_per_kwh__gte=0, price_per_session__gte=0, tax_percent__gte=0),
                name="a_price_is_never_negative",
            ),
        ]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class FeedCounter(models.Model):
    """One row: the last `seq` given out, and the epoch that changes when a backup is restored."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=36)
    booked_until = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is booked under an earlier moment any more: the days before are final"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_feed_counter")]

    def __str__(self) -> str:
        return f"{self.epoch}: {self.last_seq}"


class TransactionKind(models.TextChoices):
    FINAL = "final", "Final"
    CREDIT = "credit", "Credit"
    REPLACEMENT = "replacement", "Replacement"


class Transaction(models.Model):
    """The billing record of a session. Never edited: a mistake is answered by a credit and a replacement."""

    seq = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=12, choices=TransactionKind)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replacements")
    correction_reason = models.CharField(max_length=200, blank=True)
    correction_author = models.CharField(max_length=150, blank=True)
    session = models.ForeignKey(Session, models.PROTECT, related_name="transactions")
    depot_key = models.BigIntegerField(null=True)
    time_zone = models.CharField(max_length=40, help_text="Of the depot; `booked_on` is a day there")
    booked_on = models.DateField(help_text="The day of booking in the depot's zone: control totals count by it")
    recorded_at = models.DateTimeField(db_index=True)
    facts = models.JSONField(help_text="Every other field that the ERP is given, as given")
    # Copies out of `facts`, to select and to sum by.
    vehicle_key = models.BigIntegerField(null=True, db_index=True)
    energy_wh = models.BigIntegerField(null=True)
    cost = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(kind="final"), name="one_final_transaction_per_session"
            ),
            models.UniqueConstraint(fields=["replaces", "kind"], name="one_credit_and_one_replacement_per_transaction"),
            models.CheckConstraint(
                condition=models.Q(kind="final", replaces=None)
                | (~models.Q(kind="final") & models.Q(replaces__isnull=False)),
                name="only_a_correction_replaces",
            ),
        ]
        indexes = [models.Index(fields=["depot_key", "booked_on"], name="transactions_by_day")]
        ordering = ["seq"]
        permissions = [("correct_transaction", "Correct a transaction by credit and replacement")]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"


class FeedReader(models.Model):
    """How far a user, mostly the service account of a key, has pulled the feed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    epoch = models.CharField(max_length=36)
    through_seq = models.BigIntegerField(help_text="The highest seq it has been given or looked past in this epoch")
    pulled_at = models.DateTimeField()

    class Meta:
        ordering = ["-pulled_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.through_seq}"
