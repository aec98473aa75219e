"""What is measured at the site besides chargers, and what the month's peak is so far."""

from django.db import models

from depot.energy.models.circuits import Circuit
from depot.models import Depot


class MeterKind(models.TextChoices):
    BUILDING = "building", "Load of the building"
    SOLAR = "solar", "Solar power"
    GRID = "grid", "Power from the grid"
    PRICE = "price", "Spot price of energy"


class MeterSource(models.Model):
    """A series that is pushed to us, or a constant. What is too old does not count: the safe assumption does."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=MeterKind)
    circuit = models.ForeignKey(
        Circuit, models.CASCADE, null=True, blank=True, related_name="+", help_text="Blank: the grid connection"
    )
    # Of power in W, of a price in the depot's currency per kWh.
    constant = models.DecimalField(
        max_digits=14, decimal_places=5, null=True, blank=True, help_text="Where nothing is measured"
    )
    stale_after_s = models.PositiveIntegerField(default=120, help_text="Older than this a measured value is no value")
    counts_live = models.BooleanField(
        default=False, help_text="While it is fresh, it counts against limits instead of the circuit's reserve"
    )
    holds_s = models.PositiveIntegerField(default=3600, help_text="Of a price: how long each holds, if no next one")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "name"], name="one_meter_per_name"),
            models.UniqueConstraint(
                fields=["depot"], condition=models.Q(kind="price"), name="one_price_series_per_depot"
            ),
            models.UniqueConstraint(fields=["depot"], condition=models.Q(kind="grid"), name="one_grid_meter_per_depot"),
        ]
        ordering = ["depot_id", "name"]

    def __str__(self) -> str:
        return self.name


class MeterSample(models.Model):
    """One value of a series: measured in W, or a price per kWh from `at` on. Measured ones are kept 60 days."""

    source = models.ForeignKey(MeterSource, models.CASCADE, db_index=False, related_name="samples")
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=14, decimal_places=5)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "at"], name="one_value_per_moment_of_a_meter")]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.source} {self.at}: {self.value}"


class SiteInterval(models.Model):
    """A metered quarter of an hour: what the site took, and for what. Kept three years."""

    depot = models.ForeignKey(Depot, models.CASCADE, db_index=False, related_name="+")
    starts_at = models.DateTimeField()
    grid_wh = models.IntegerField(help_text="Below 0: sent out")
    building_wh = models.IntegerField()
    solar_wh = models.IntegerField()
    chargers_wh = models.IntegerField()
    is_metered = models.BooleanField(default=False, help_text="By the meter at the grid; else a sum of the others")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["depot", "starts_at"], name="one_sum_per_quarter_of_an_hour")]
        ordering = ["-starts_at"]

    def __str__(self) -> str:
        return f"{self.depot} {self.starts_at}: {self.grid_wh} Wh"


class MonthPeak(models.Model):
    """The highest average of a billing month within one demand window of the tariff: what has to be paid already."""

    depot = models.ForeignKey(Depot, models.CASCADE, db_index=False, related_name="+")
    window = models.CharField(max_length=60, help_text="Its name in the tariff")
    starts_on = models.DateField(help_text="First day of the billing month, in the depot's zone")
    kw = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    at = models.DateTimeField(null=True, blank=True, help_text="When the interval of the peak began")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "window", "starts_on"], name="one_peak_per_window_and_month")
        ]
        ordering = ["-starts_on", "window"]

    def __str__(self) -> str:
        return f"{self.window} {self.starts_on}: {self.kw} kW"
