"""Price lists that chargers hold, costs that they counted, settlements, VAT checks, payments begun on the web."""

from django.db import models

from chargers.models import Charger


class TariffUse(models.TextChoices):
    DEFAULT = "DefaultTariff", "For whoever comes"
    DRIVER = "DriverTariff", "For one driver"


class HeldTariff(models.Model):
    """A price list that a charger counts by itself with: at an EVSE (0: at all), or for one transaction."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="held_tariffs")
    tariff_id = models.CharField(max_length=60)
    evse_number = models.PositiveSmallIntegerField(default=0)
    reference = models.CharField(max_length=36, blank=True, help_text="Of the transaction it is for")
    use = models.CharField(max_length=13, choices=TariffUse)
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True, help_text="When it took it from us")
    listed_at = models.DateTimeField(null=True, blank=True, help_text="When it last listed it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "tariff_id", "evse_number", "reference"], name="one_row_per_held_tariff"
            )
        ]
        ordering = ["tariff_id", "evse_number"]

    def __str__(self) -> str:
        return self.tariff_id


class ChargeCost(models.Model):
    """What a charger counted for one transaction, beside our own bill; and what we told it that it costs."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="charge_costs")
    reference = models.CharField(max_length=36)
    tariff_id = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    counted_before_tax = models.DecimalField(max_digits=18, decimal_places=5, null=True, blank=True)
    counted_with_tax = models.DecimalField(max_digits=18, decimal_places=5, null=True, blank=True)
    counted_energy_wh = models.BigIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True, help_text="Why it could not count")
    told_total = models.DecimalField(max_digits=18, decimal_places=5, null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "reference"], name="one_cost_per_charge")]
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return self.reference


class SettlementState(models.TextChoices):
    SETTLED = "Settled", "Paid"
    CANCELED = "Canceled", "Taken back"
    REJECTED = "Rejected", "Refused by the payment provider"
    FAILED = "Failed", "Failed"


class Settlement(models.Model):
    """What the payment terminal of a charger took for a charge, or could not take."""

    charger = models.ForeignKey(Charger, models.PROTECT, related_name="settlements")
    psp_reference = models.CharField(max_length=255)
    reference = models.CharField(max_length=36, blank=True, help_text="Of the transaction")
    state = models.CharField(max_length=8, choices=SettlementState)
    amount = models.DecimalField(max_digits=18, decimal_places=5)
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()
    info = models.CharField(max_length=500, blank=True)
    receipt_number = models.CharField(max_length=50, blank=True)
    receipt_url = models.CharField(max_length=2000, blank=True)
    company_name = models.CharField(max_length=50, blank=True)
    company_address = models.CharField(max_length=400, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "psp_reference", "reference", "state", "amount", "at"],
                name="one_row_per_settlement_told",
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.psp_reference}: {self.state}"


class VatVerdict(models.TextChoices):
    REGISTERED = "registered", "Registered"
    WELL_FORMED = "well_formed", "Its form is right; not looked up"
    NOT_REGISTERED = "not_registered", "Not registered"
    MALFORMED = "malformed", "No such number can be"
    UNKNOWN = "unknown", "Form of this country not known here"


class VatCheck(models.Model):
    """A VAT number that a driver typed at a charger, and what we thought of it."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="vat_checks")
    vat_number = models.CharField(max_length=20)
    evse_number = models.PositiveSmallIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=14, choices=VatVerdict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.vat_number}: {self.verdict}"


class WebPayment(models.Model):
    """Somebody pays on the web for an EVSE: the charger keeps it for that long (2.1 C25)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="web_payments")
    evse_number = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "evse_number"], name="one_web_payment_per_evse")]
        ordering = ["-until"]

    def __str__(self) -> str:
        return f"EVSE {self.evse_number} until {self.until}"
