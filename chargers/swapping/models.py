"""A swap, and the batteries of its steps."""

from django.db import models

from chargers.models import Charger


class SwapStepKind(models.TextChoices):
    IN = "BatteryIn", "Put in"
    OUT = "BatteryOut", "Taken out"
    NOT_TAKEN = "BatteryOutTimeout", "Offered and not taken"
    UNKNOWN = "Unknown", "Something else"


class BatterySwap(models.Model):
    """One swap: what the station tells of it bears the same number, ours where we asked for it (2.1 S02, S03)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="battery_swaps")
    request_id = models.BigIntegerField()
    token_value = models.CharField(max_length=255, blank=True)
    step = models.CharField(max_length=20, choices=SwapStepKind, help_text="The last one told")
    began_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "request_id"], name="one_swap_per_request")]
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"Swap {self.request_id}"


class SwappedBattery(models.Model):
    swap = models.ForeignKey(BatterySwap, models.CASCADE, related_name="batteries")
    step = models.CharField(max_length=20, choices=SwapStepKind)
    slot = models.PositiveSmallIntegerField()
    serial = models.CharField(max_length=50)
    soc_percent = models.FloatField()
    health_percent = models.FloatField()
    made_at = models.DateTimeField(null=True, blank=True)
    info = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["swap", "step", "serial"], name="one_row_per_battery_and_step_of_a_swap")
        ]
        ordering = ["pk"]
        verbose_name_plural = "swapped batteries"

    def __str__(self) -> str:
        return self.serial
