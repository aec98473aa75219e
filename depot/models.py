"""The yard: depots, their bays, and the one business clock."""

from django.db import models

from billing.models import Tariff
from chargers.models import Evse
from sessions.models import Vehicle


class Access(models.TextChoices):
    """Who may charge at a bay."""

    KNOWN = "known", "Known tokens"
    ANYONE = "anyone", "Anyone"
    OWN_VEHICLE = "own_vehicle", "The bay's own vehicle, started by plugging in"


class Depot(models.Model):
    name = models.CharField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    # A language code such as "de"; in it chargers speak to who holds a card to them. Blank: English.
    language = models.CharField(max_length=8, blank=True, default="")
    site_limit_w = models.PositiveIntegerField(null=True, blank=True)
    tariff = models.ForeignKey(Tariff, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        permissions = [
            ("call_emergency", "Bring the site to its minimum, and release it"),
            ("run_demo", "Set the demo's clock and cause its faults"),
        ]

    def __str__(self) -> str:
        return self.name


class Bay(models.Model):
    """A place to park, and the EVSE that serves it."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="bays")
    name = models.CharField(max_length=40)
    zone = models.CharField(max_length=40, blank=True)
    evse = models.OneToOneField(Evse, models.SET_NULL, null=True, blank=True, related_name="bay")
    access = models.CharField(max_length=12, choices=Access, default=Access.KNOWN)
    own_vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="+")
    tariff = models.ForeignKey(Tariff, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "name"], name="one_bay_per_name"),
            models.CheckConstraint(
                condition=~models.Q(access="own_vehicle") | models.Q(own_vehicle__isnull=False),
                name="a_bay_for_its_own_vehicle_names_it",
            ),
        ]
        ordering = ["depot_id", "zone", "name"]

    def __str__(self) -> str:
        return self.name


class BusinessClock(models.Model):
    """One row: at the real moment `real_at` the business moment was `business_at`, and it runs `rate` times as fast."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    business_at = models.DateTimeField()
    real_at = models.DateTimeField()
    rate = models.FloatField(default=1.0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_business_clock"),
            models.CheckConstraint(condition=models.Q(rate__gte=0), name="time_never_runs_backwards"),
        ]

    def __str__(self) -> str:
        return f"{self.business_at} x{self.rate}"
