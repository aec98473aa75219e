"""The plans that were made, and the mark that asks for another."""

from django.db import models

from chargers.models import Evse
from depot.models import Depot
from sessions.models import Session, Vehicle


class StoredPlan(models.Model):
    """What the planner answered, with what it was asked. The newest holds. Kept 14 days."""

    depot = models.ForeignKey(Depot, models.CASCADE, db_index=False, related_name="+")
    made_at = models.DateTimeField(help_text="Business time")
    why = models.CharField(max_length=120)
    first_slot = models.BigIntegerField(help_text="Slots since the epoch, in UTC; slot 0 of the series is this one")
    slots = models.PositiveSmallIntegerField()
    slot_s = models.PositiveIntegerField(default=900)
    # Series by slot; kW, and the depot's currency per kWh.
    grid_kw = models.JSONField(help_text="From the grid; below 0, sent out")
    limit_kw = models.JSONField(help_text="What the site may take from the grid")
    building_kw = models.JSONField()
    solar_kw = models.JSONField()
    import_price = models.JSONField()
    export_price = models.JSONField()
    peak = models.JSONField(help_text="{window: {kw, incurred_kw, price_per_kw}}")
    costs = models.JSONField(help_text="{energy, export, demand, wear} of the horizon")
    was_short = models.BooleanField(default=False, help_text="Not everything that is needed fits")
    unmet_kwh = models.FloatField(default=0.0)
    took_s = models.FloatField(default=0.0, help_text="CPU time of the solver")

    class Meta:
        indexes = [models.Index(fields=["depot", "-id"], name="plans_of_a_depot")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.depot} {self.made_at:%Y-%m-%d %H:%M}: {self.why}"


class PlannedStay(models.Model):
    """One vehicle at one EVSE in a plan."""

    plan = models.ForeignKey(StoredPlan, models.CASCADE, related_name="stays")
    evse = models.ForeignKey(Evse, models.CASCADE, db_index=False, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    arrives_at = models.DateTimeField(null=True, blank=True, help_text="Of a vehicle that is expected; blank: is there")
    departs_at = models.DateTimeField()
    departure_source = models.CharField(max_length=12, help_text="Who told when it leaves")
    needs_kwh = models.FloatField(help_text="Still to go into the battery")
    needs_source = models.CharField(max_length=16, help_text="How we know what it needs")
    unmet_kwh = models.FloatField(default=0.0)
    priority = models.PositiveSmallIntegerField(default=1)
    is_expected = models.BooleanField(default=False, help_text="By its timetable; not plugged in yet")
    is_now = models.BooleanField(default=False, help_text="A dispatcher asked to charge it now")
    kw = models.JSONField(help_text="By slot; below 0, what it gives back")
    reasons = models.JSONField(help_text="[{from, to, why, text, …}]: slots from up to, not including, to")
    ready_at = models.DateTimeField(null=True, blank=True, help_text="When it has what it needs; blank: it will not")
    held = models.JSONField(null=True, blank=True, help_text="{first_slot, kw}: what its charger was told last")
    was_told = models.BooleanField(default=False, help_text="Its charger had to hear of it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "evse", "departs_at"], name="one_stay_per_evse_and_departure")
        ]
        indexes = [
            models.Index(fields=["session", "-id"], name="planned_stays_of_a_session"),
        ]
        ordering = ["plan_id", "departs_at", "id"]

    def __str__(self) -> str:
        return f"{self.vehicle or self.session} at {self.evse} until {self.departs_at}"


class PlanMark(models.Model):
    """One row per depot: whether a new plan is wanted, and of what scene the last one was made."""

    depot = models.OneToOneField(Depot, models.CASCADE, related_name="+")
    wanted_at = models.DateTimeField(null=True, blank=True, help_text="Business time of the newest wish; blank: none")
    why = models.CharField(max_length=120, blank=True)
    scene = models.CharField(max_length=64, blank=True, help_text="Digest of sessions and links of the last plan")
    planned_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="Real time; a process is planning it")
    failed = models.CharField(max_length=300, blank=True, help_text="Why the last try made no plan")

    def __str__(self) -> str:
        return f"{self.depot}: {self.why or 'nothing new'}"
