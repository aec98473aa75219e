"""How each day of the roof went, and where each vehicle that follows it stands."""

from django.db import models

from chargers.models import Evse
from depot.models import Depot
from sessions.models import Session


class SolarDay(models.Model):
    """One row per depot and day, kept as long as the depot."""

    depot = models.ForeignKey(Depot, models.CASCADE, db_index=False, related_name="+")
    day = models.DateField(help_text="By the clock on the depot's wall")
    at = models.DateTimeField(null=True, blank=True, help_text="Of the newest reading that was followed")
    surplus_w = models.FloatField(default=0.0, help_text="Left for all followers; below 0: taken from the grid")
    low_w = models.FloatField(default=0.0)
    mean_w = models.FloatField(default=0.0)
    dips = models.FloatField(default=0.0, help_text="The share of it that clouds took in the last hours")
    diverted_wh = models.FloatField(default=0.0)
    imported_wh = models.FloatField(default=0.0, help_text="Of it, what the grid gave because a cloud was faster")
    looked_at = models.DateTimeField(null=True, blank=True)
    lacks = models.CharField(max_length=120, blank=True, help_text="Which reading is missing or too old")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["depot", "day"], name="one_solar_day_per_depot")]
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.depot} {self.day}: {self.diverted_wh:.0f} Wh"


class SolarCourse(models.Model):
    """What a vehicle that follows the sun was given last."""

    evse = models.OneToOneField(Evse, models.CASCADE, related_name="+")
    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, related_name="+")
    day = models.DateField(help_text="Of which starts and stops are counted")
    limit_w = models.FloatField(default=0.0, help_text="At the grid, on the phases that the vehicle charges on")
    needed_w = models.FloatField(default=0.0, help_text="Of it, what its departure needs")
    phases = models.PositiveSmallIntegerField(default=3)
    turned_at = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField(null=True, blank=True)
    short_since = models.DateTimeField(null=True, blank=True)
    fair_since = models.DateTimeField(null=True, blank=True)
    turns = models.PositiveSmallIntegerField(default=0, help_text="Starts and stops today")
    told_w = models.PositiveIntegerField(null=True, blank=True, help_text="What its charger is to keep to")
    holds_until = models.DateTimeField(null=True, blank=True, help_text="Without us the plan holds from then on")

    class Meta:
        ordering = ["evse_id"]

    def __str__(self) -> str:
        return f"{self.evse}: {self.limit_w:.0f} W"
