"""What a finished session costs, and what the ERP has been given."""

from django.db import models

from sessions.models import Session


class Tariff(models.Model):
    """A price list in one version; a change makes a new version, what was billed keeps its own."""

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40)
    # [{"weekdays": [1..7], "from": "16:00", "to": "21:00", "months": [6..9], "price_per_kwh": "0.41522", "label": ""}]
    # The first period that fits a moment is its price; `price_per_kwh` below where none fits.
    periods = models.JSONField(default=list, blank=True)
    price_per_kwh = models.DecimalField(max_digits=10, decimal_places=5)
    price_per_session = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    replaced_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_tariff_per_name_and_version")]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class FeedCounter(models.Model):
    """One row: the last `seq` given out, and the epoch that changes when a backup is restored."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=36)

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
    booked_on = models.DateField(help_text="The day of booking in the depot's zone: control totals count by it")
    recorded_at = models.DateTimeField()
    facts = models.JSONField(help_text="Every other field that the ERP is given, as given")
    vehicle_key = models.BigIntegerField(null=True, db_index=True)
    energy_wh = models.BigIntegerField(null=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(kind="final"), name="one_final_transaction_per_session"
            )
        ]
        indexes = [models.Index(fields=["depot_key", "booked_on"], name="transactions_by_day")]
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"
