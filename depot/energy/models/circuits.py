"""The tree of circuits, and how each EVSE hangs on it."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from chargers.models import Evse
from chargers.profiles import Supply
from depot.models import Depot


class Control(models.TextChoices):
    """What a limit does at an EVSE."""

    MANAGED = "managed", "Keeps any limit"
    START_STOP = "start_stop", "Start and stop only: nothing, or its rating"
    UNCONTROLLABLE = "uncontrollable", "Takes what it wants"


class Circuit(models.Model):
    """A cable with its breaker. Exactly one of a depot feeds from nothing: the grid connection."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="circuits")
    name = models.CharField(max_length=60)
    feeds_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="feeds")
    limit_a = models.DecimalField(
        max_digits=7, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)], help_text="Per line"
    )
    limit_w = models.PositiveIntegerField(null=True, blank=True, help_text="All lines together")
    voltage_v = models.PositiveSmallIntegerField(default=230, help_text="Line to neutral")
    reserved_w = models.PositiveIntegerField(default=0, help_text="The most that other loads on it may draw")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "name"], name="one_circuit_per_name"),
            models.UniqueConstraint(
                fields=["depot"], condition=models.Q(feeds_from=None), name="one_grid_connection_per_depot"
            ),
            models.CheckConstraint(
                condition=~models.Q(feeds_from=models.F("id")) | models.Q(feeds_from=None),
                name="a_circuit_never_feeds_itself",
            ),
            models.CheckConstraint(condition=models.Q(voltage_v__gt=0), name="a_circuit_has_a_voltage"),
        ]
        ordering = ["depot_id", "name"]

    def __str__(self) -> str:
        return self.name


class Wiring(models.Model):
    """How an EVSE is wired. One that is not wired is not planned."""

    evse = models.OneToOneField(Evse, models.CASCADE, related_name="wiring")
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="wirings")
    # "231": the charger's first phase is on L2 of the site. A single phase on L3 is "3".
    lines = models.CharField(
        max_length=3,
        default="123",
        validators=[RegexValidator(r"^(?!.*(.).*\1)[123]{1,3}$", "Lines 1, 2 and 3, each once, as 123, 231 or 2.")],
        help_text="The site's lines in the order of the charger's own phases",
    )
    control = models.CharField(max_length=14, choices=Control, default=Control.MANAGED)
    rating_w = models.PositiveIntegerField(help_text="The most that it can draw from the grid")
    min_current_a = models.DecimalField(
        max_digits=4, decimal_places=1, default=6, validators=[MinValueValidator(0)], help_text="The least but nothing"
    )
    fallback_w = models.PositiveIntegerField(
        null=True, blank=True, help_text="Its limit without word from us; blank: shared out from what is free"
    )
    fallback_rank = models.PositiveSmallIntegerField(
        default=0, help_text="Where not all can have the least, the lowest rank has it first"
    )
    efficiency = models.FloatField(
        default=0.9,
        validators=[MinValueValidator(0.5), MaxValueValidator(1.0)],
        help_text="Of what the grid gives, the share that ends in the battery",
    )
    max_discharge_w = models.PositiveIntegerField(default=0, help_text="What it can give back to the site")
    discharge_efficiency = models.FloatField(default=0.9, validators=[MinValueValidator(0.5), MaxValueValidator(1.0)])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rating_w__gt=0), name="a_wired_evse_has_a_rating"),
            models.CheckConstraint(
                condition=models.Q(efficiency__gt=0, efficiency__lte=1), name="a_charger_loses_energy"
            ),
            models.CheckConstraint(
                condition=models.Q(discharge_efficiency__gt=0, discharge_efficiency__lte=1),
                name="giving_back_loses_energy",
            ),
        ]
        ordering = ["circuit_id", "evse_id"]

    def __str__(self) -> str:
        return f"{self.evse} on {self.circuit}"

    @property
    def site_lines(self) -> tuple[int, ...]:
        return tuple(int(line) for line in self.lines)

    @property
    def supply(self) -> Supply:
        return Supply(voltage_v=float(self.circuit.voltage_v), phases=None if self.evse.is_dc else len(self.lines))
