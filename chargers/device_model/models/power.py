"""What others allow a charger to draw, what it holds of that, and what its vehicles want."""

from django.db import models

from chargers.models import Charger, Evse


class ExternalLimit(models.Model):
    """A limit that somebody else gave the charger (K11-K13). It holds while `lifted_at` is empty. Kept 90 days."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="external_limits")
    evse = models.ForeignKey(
        Evse, models.CASCADE, null=True, blank=True, related_name="external_limits", help_text="Empty: all of them"
    )
    source = models.CharField(max_length=20, help_text="EMS, SO, Other, ...")
    schedule = models.JSONField(
        default=list, help_text="Charging schedules in our words; empty where the charger does not tell them"
    )
    unreadable = models.PositiveSmallIntegerField(default=0, help_text="Schedules that could not be understood")
    is_grid_critical = models.BooleanField(null=True, blank=True)
    is_local_generation = models.BooleanField(null=True, blank=True)
    told_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "evse", "source"],
                condition=models.Q(lifted_at=None),
                name="one_limit_in_force_per_source_and_evse",
            ),
            models.UniqueConstraint(
                fields=["charger", "source"],
                condition=models.Q(lifted_at=None, evse=None),
                name="one_limit_in_force_per_source_of_a_charger",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} limits {self.evse or self.charger}"


class ReportedProfile(models.Model):
    """A charging profile that the charger says it holds (K09)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="reported_profiles")
    evse_number = models.PositiveSmallIntegerField(help_text="0: the charger itself")
    source = models.CharField(max_length=20, blank=True)
    number = models.IntegerField()
    stack_level = models.IntegerField()
    purpose = models.CharField(max_length=24)
    reference = models.CharField(max_length=36, blank=True, help_text="Of the transaction")
    profile = models.JSONField(help_text="In our words")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "evse_number", "source", "number"], name="one_reported_profile_per_number"
            )
        ]
        ordering = ["evse_number", "purpose", "-stack_level"]

    def __str__(self) -> str:
        return f"profile {self.number} of {self.charger}"


class ChargingNeeds(models.Model):
    """What a vehicle said it wants (K15, K17). What it did not say is empty, never 0. Kept 90 days."""

    evse = models.ForeignKey(Evse, models.CASCADE, related_name="charging_needs")
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()
    transfer = models.CharField(max_length=20)
    departs_at = models.DateTimeField(null=True, blank=True)
    energy_wh = models.FloatField(null=True, blank=True)
    min_energy_wh = models.FloatField(null=True, blank=True)
    max_energy_wh = models.FloatField(null=True, blank=True)
    capacity_wh = models.FloatField(null=True, blank=True)
    soc_percent = models.SmallIntegerField(null=True, blank=True)
    target_soc_percent = models.SmallIntegerField(null=True, blank=True)
    full_soc_percent = models.SmallIntegerField(null=True, blank=True)
    bulk_soc_percent = models.SmallIntegerField(null=True, blank=True)
    min_current_a = models.FloatField(null=True, blank=True)
    max_current_a = models.FloatField(null=True, blank=True)
    max_voltage_v = models.FloatField(null=True, blank=True)
    max_power_w = models.FloatField(null=True, blank=True)
    max_discharge_w = models.FloatField(null=True, blank=True)
    max_periods = models.IntegerField(null=True, blank=True)
    control_mode = models.CharField(max_length=20, blank=True)
    told = models.JSONField(help_text="As it came")
    answered = models.CharField(max_length=20)

    class Meta:
        indexes = [models.Index(fields=["evse", "-id"], name="needs_at_an_evse")]
        ordering = ["-id"]
        verbose_name_plural = "charging needs"

    def __str__(self) -> str:
        return f"needs at {self.evse}"


class VehicleSchedule(models.Model):
    """What a vehicle means to draw (K15.FR.10), and whether that keeps within what we gave. Kept 90 days."""

    evse = models.ForeignKey(Evse, models.CASCADE, related_name="vehicle_schedules")
    base_at = models.DateTimeField(help_text="The schedule's beginning")
    schedule = models.JSONField(null=True, blank=True, help_text="In our words; empty where it was not understood")
    selected_schedule_id = models.IntegerField(null=True, blank=True)
    is_within_limits = models.BooleanField()
    heard_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["evse", "-id"], name="schedules_at_an_evse")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"schedule at {self.evse}"
