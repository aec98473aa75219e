"""What the pages keep: who changed which rules, what was said of departures and what came of it, a look back."""

from django.conf import settings
from django.db import models

from chargers.models import Evse
from depot.energy.models import Rule
from depot.models import Depot
from sessions.models import Session, Vehicle


class RuleChange(models.Model):
    """One saving of the rules: what came into force, what was taken back. Undone, it is turned round."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    activated = models.ManyToManyField(Rule, related_name="+")
    taken_back = models.ManyToManyField(Rule, related_name="+")
    # As it was then; a bay may be renamed since.
    words = models.JSONField(default=list, help_text="[{sign, text}], in the order of the rules")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["depot", "-id"], name="rule_changes_of_a_depot")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Rules of {self.depot} at {self.made_at:%Y-%m-%d %H:%M}"


class Label(models.TextChoices):
    """What is said of a departure."""

    DUE = "due", "Not plugged in"
    MISS = "miss", "Will miss"
    RISK = "risk", "At risk"
    TRACK = "track", "On track"
    READY = "ready", "Ready"


class SaidLabel(models.Model):
    """What Readiness said of one departure while it could still be helped, and what came of it. Kept a year."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, null=True, blank=True, related_name="+")
    session = models.ForeignKey(Session, models.SET_NULL, null=True, blank=True, related_name="+")
    evse = models.ForeignKey(Evse, models.SET_NULL, null=True, blank=True, related_name="+")
    departs_at = models.DateTimeField()
    said = models.CharField(max_length=6, choices=Label)
    said_at = models.DateTimeField()
    needs_kwh = models.FloatField(help_text="Into the battery, when it was said")
    session_energy_wh = models.BigIntegerField(null=True, blank=True, help_text="Of its session, when it was said")
    efficiency = models.FloatField(default=1.0, help_text="Of what its meter counts, what ends in the battery")
    scored_at = models.DateTimeField(null=True, blank=True)
    short_kwh = models.FloatField(null=True, blank=True, help_text="What it left without; blank: never plugged in")
    was_ready = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["depot", "vehicle", "departs_at"],
                condition=models.Q(vehicle__isnull=False),
                name="one_label_per_vehicle_and_departure",
            ),
            models.UniqueConstraint(
                fields=["session", "departs_at"],
                condition=models.Q(vehicle=None, session__isnull=False),
                name="one_label_per_unknown_vehicle_and_departure",
            ),
        ]
        indexes = [models.Index(fields=["depot", "-departs_at"], name="labels_by_departure")]
        ordering = ["-departs_at", "id"]

    def __str__(self) -> str:
        return f"{self.vehicle or self.session}: {self.get_said_display()}, leaves {self.departs_at}"


class LookBack(models.Model):
    """Past days of a depot as each policy would have lived them; worked out by a worker, newest kept."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    first_day = models.DateField()
    days = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    took_s = models.FloatField(default=0.0)
    sessions = models.PositiveIntegerField(default=0)
    ways = models.JSONField(default=list, help_text="[{policy, bill, energy_cost, peak_kw, unmet_kwh, violations}]")
    failed = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "first_day", "days"], name="one_look_back_per_days_of_a_depot")
        ]
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.depot}: {self.days} days from {self.first_day}"
