"""What vehicles need and until when: their timetable, what was told of tonight, and what holds for them always."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from depot.models import Bay, Depot
from sessions.models import Session, Vehicle


class NeedSource(models.TextChoices):
    """Who told it, the one who is believed first above."""

    DISPATCHER = "dispatcher", "A dispatcher"
    VEHICLE = "vehicle", "The vehicle itself"
    REST = "rest", "Another system"


class Timetable(models.Model):
    """When a vehicle leaves in each week, and with how much."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="+")
    weekdays = models.CharField(max_length=7, default="12345", help_text="On which it leaves; 1 is Monday")
    leaves_at = models.TimeField(help_text="By the clock on the depot's wall")
    comes_at = models.TimeField(
        null=True, blank=True, help_text="When it is back for that departure, the evening before or the same day"
    )
    bay = models.ForeignKey(
        Bay, models.SET_NULL, null=True, blank=True, related_name="+", help_text="Where it is expected"
    )
    energy_wh = models.PositiveIntegerField(null=True, blank=True, help_text="To be charged for that departure")
    target_soc_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(100)], help_text="To leave with"
    )
    priority = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(9)])
    from_day = models.DateField(null=True, blank=True)
    until_day = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["vehicle"], name="timetable_of_a_vehicle")]
        ordering = ["depot_id", "vehicle_id", "leaves_at"]

    def __str__(self) -> str:
        return f"{self.vehicle} leaves at {self.leaves_at:%H:%M}"


class VehicleNeed(models.Model):
    """What somebody told of one departure; the newest word of each source holds until that departure, or its end."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=12, choices=NeedSource)
    departs_at = models.DateTimeField(null=True, blank=True)
    energy_wh = models.PositiveIntegerField(null=True, blank=True, help_text="Still to be charged when it was told")
    target_soc_percent = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    priority = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(9)])
    told_at = models.DateTimeField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    holds_until = models.DateTimeField(help_text="Its departure; without one, a day after it was told")
    session_energy_wh = models.BigIntegerField(
        null=True, blank=True, help_text="What its session had taken when it was told"
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(vehicle=None, session=None), name="a_need_is_a_vehicle_s_or_a_session_s"
            ),
        ]
        indexes = [models.Index(fields=["vehicle", "-told_at"], name="needs_of_a_vehicle")]
        ordering = ["-told_at", "-id"]

    def __str__(self) -> str:
        return f"{self.vehicle or self.session} by {self.departs_at}"


class Habit(models.Model):
    """What holds for a vehicle every night."""

    vehicle = models.OneToOneField(Vehicle, models.CASCADE, related_name="+")
    priority = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(9)], help_text="0 is served before all others"
    )
    follows_sun = models.BooleanField(
        default=False, help_text="Takes what the roof has left, and from the grid only what its departure needs"
    )
    gives_back = models.BooleanField(default=False, help_text="May be discharged for the site")
    lowest_soc_percent = models.PositiveSmallIntegerField(default=30, validators=[MaxValueValidator(100)])
    wear_per_kwh = models.DecimalField(
        max_digits=8,
        decimal_places=5,
        default=Decimal("0.05"),
        validators=[MinValueValidator(0)],
        help_text="What a kilowatt-hour given back costs the battery, in the depot's currency",
    )

    def __str__(self) -> str:
        return f"{self.vehicle}: class {self.priority}"
