"""Rules of the inverter, alarms, signals, who charges first, dynamic limits, and ways in which energy may flow."""

from django.db import models

from chargers.models import Charger


class GridRule(models.Model):
    """A rule that a charger's inverter holds, as it took it from us or reported it (2.1 R04)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="grid_rules")
    rule_id = models.CharField(max_length=36)
    kind = models.CharField(max_length=24)
    is_default = models.BooleanField(default=True, help_text="Holds whenever no scheduled one does")
    is_superseded = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    taken_at = models.DateTimeField(null=True, blank=True, help_text="When the charger took it from us")
    reported_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="A scheduled one began; the charger's time")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "rule_id"], name="one_grid_rule_per_id")]
        ordering = ["kind", "rule_id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.rule_id}"


class GridAlarm(models.Model):
    """The grid left its bounds, and a rule reacts; `ended_at` blank: it goes on."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="grid_alarms")
    kind = models.CharField(max_length=24)
    fault = models.CharField(max_length=20, blank=True)
    info = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(help_text="The charger's time")
    ended_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "kind"], condition=models.Q(ended_at=None), name="one_open_alarm_per_kind"
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.fault}"


class ReserveSignal(models.Model):
    """The grid operator's signal for frequency reserve that a charger follows since then (2.1 Q08)."""

    charger = models.OneToOneField(Charger, models.CASCADE, related_name="reserve_signal")
    signal = models.IntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.signal)


class ChargeTerms(models.Model):
    """What a charger knows of one transaction beside the charge: does it go first, which way may energy flow."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="charge_terms")
    reference = models.CharField(max_length=36)
    is_first = models.BooleanField(default=False, help_text="It charges by the profile for priority")
    first_since = models.DateTimeField(null=True, blank=True)
    transfer_modes = models.JSONField(default=list, help_text="Ways in which energy may flow, as told to the charger")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "reference"], name="one_row_of_terms_per_charge")]
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return self.reference


class DynamicLimit(models.Model):
    """The present values of a dynamic profile: what the charger took last, or is given when it asks (2.1 K28)."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="dynamic_limits")
    profile_id = models.IntegerField()
    rates = models.JSONField(help_text="chargers.commands.Rates as a row")
    set_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the charger last asked for it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "profile_id"], name="one_limit_per_dynamic_profile")]
        ordering = ["profile_id"]

    def __str__(self) -> str:
        return f"Profile {self.profile_id}"
