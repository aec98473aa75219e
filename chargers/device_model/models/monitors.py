"""Monitors that watch variables, and what they saw."""

from django.db import models

from chargers.models import Charger


class OfVariable(models.Model):
    """A variable of the device model, spelled as the charger spells it."""

    component = models.CharField(max_length=50)
    component_instance = models.CharField(max_length=50, blank=True)
    evse_number = models.PositiveSmallIntegerField(default=0)
    connector_number = models.PositiveSmallIntegerField(default=0)
    variable = models.CharField(max_length=50)
    variable_instance = models.CharField(max_length=50, blank=True)

    class Meta:
        abstract = True

    @property
    def place(self) -> str:
        """`EVSE “left”, EVSE 2`: where the variable belongs."""
        instance = f" “{self.component_instance}”" if self.component_instance else ""
        evse = f", EVSE {self.evse_number}" if self.evse_number else ""
        connector = f", connector {self.connector_number}" if self.connector_number else ""
        return f"{self.component}{instance}{evse}{connector}"

    @property
    def variable_name(self) -> str:
        return f"{self.variable} ({self.variable_instance})" if self.variable_instance else self.variable


class MonitorState(models.TextChoices):
    SET = "set", "Taken by the charger"
    REPORTED = "reported", "Reported by the charger"


class VariableMonitor(OfVariable):
    """A monitor that the charger has, by its own number."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="monitors")
    number = models.IntegerField()
    kind = models.CharField(max_length=24)
    value = models.FloatField()
    severity = models.PositiveSmallIntegerField(help_text="0 is danger, 9 is debugging")
    in_transactions_only = models.BooleanField(default=False)
    origin = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=10, choices=MonitorState)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "number"], name="one_monitor_per_number")]
        ordering = ["component", "evse_number", "variable", "number"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.component}.{self.variable}"


class MonitorAlert(OfVariable):
    """Something that a monitor saw, or that the charger told by itself. Kept 90 days."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="alerts")
    event_id = models.BigIntegerField()
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()
    trigger = models.CharField(max_length=10)
    value = models.CharField(max_length=2500, blank=True)
    origin = models.CharField(max_length=24, blank=True)
    monitor_number = models.IntegerField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_cleared = models.BooleanField(default=False, help_text="The value is back within its bounds")
    cause = models.BigIntegerField(null=True, blank=True, help_text="Event that brought it about")
    tech_code = models.CharField(max_length=50, blank=True)
    tech_info = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=36, blank=True, help_text="Of the transaction")

    class Meta:
        constraints = [
            # A charger tells a message again that it had no answer to; its numbers begin anew after a restart.
            models.UniqueConstraint(
                fields=["charger", "event_id", "at", "component", "variable", "evse_number"], name="one_alert_per_event"
            )
        ]
        indexes = [models.Index(fields=["charger", "-id"], name="alerts_of_a_charger")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}: {self.value[:40]}"
