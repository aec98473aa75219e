"""Rules that a fleet manager writes: fixed sentences with blanks, in the order in which they are asked."""

from django.conf import settings
from django.db import models

from chargers.models import Charger, Evse
from depot.energy.models.circuits import Circuit
from depot.models import Bay, Depot
from sessions.models import Vehicle


class RuleKind(models.TextChoices):
    AT_MOST = "at_most", "charge with at most … kW"
    TOGETHER = "together", "charge with at most … kW together"
    NOTHING = "nothing", "do not charge"
    FIRST = "first", "go first when power is short"
    BELOW_PRICE = "below_price", "charge only below a price of …"
    SOLAR_ONLY = "solar_only", "charge only from solar power"


class RuleScope(models.TextChoices):
    DEPOT = "depot", "All bays"
    CIRCUIT = "circuit", "A circuit"
    GROUP = "group", "A group"
    CHARGER = "charger", "A charger"
    EVSE = "evse", "An EVSE"
    BAY = "bay", "A bay"
    VEHICLE = "vehicle", "A vehicle"


class Rule(models.Model):
    """One sentence. Never edited once it was active: a change takes it back and writes another."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=12, choices=RuleKind)
    position = models.PositiveIntegerField(default=0, help_text="The lowest speaks first")
    scope = models.CharField(max_length=8, choices=RuleScope, default=RuleScope.DEPOT)
    circuit = models.ForeignKey(Circuit, models.CASCADE, null=True, blank=True, related_name="+")
    group = models.CharField(max_length=40, blank=True, help_text="A zone of the yard, or ac, or dc")
    charger = models.ForeignKey(Charger, models.CASCADE, null=True, blank=True, related_name="+")
    evse = models.ForeignKey(Evse, models.CASCADE, null=True, blank=True, related_name="+")
    bay = models.ForeignKey(Bay, models.CASCADE, null=True, blank=True, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, null=True, blank=True, related_name="+")

    weekdays = models.CharField(max_length=7, default="1234567", help_text="On which its window begins; 1 is Monday")
    from_time = models.TimeField(null=True, blank=True, help_text="Blank: all day")
    to_time = models.TimeField(null=True, blank=True, help_text="Not after the start: on the next day")
    limit_w = models.PositiveIntegerField(null=True, blank=True)
    price_per_kwh = models.DecimalField(max_digits=10, decimal_places=5, null=True, blank=True)
    leaves_before = models.TimeField(null=True, blank=True, help_text="Of 'first': those that leave before; blank: all")
    except_leaves_before = models.TimeField(
        null=True, blank=True, help_text="Of a limit: vehicles that leave before this are not held by it"
    )

    active_from = models.DateTimeField(null=True, blank=True, help_text="Blank: a draft")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind__in=["at_most", "together"]) | models.Q(limit_w__isnull=False),
                name="a_limiting_rule_says_how_much",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="below_price") | models.Q(price_per_kwh__isnull=False),
                name="a_rule_of_price_says_the_price",
            ),
        ]
        indexes = [models.Index(fields=["depot", "position"], name="rules_in_order")]
        ordering = ["depot_id", "position", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_scope_display()})"

    @classmethod
    def blanks(cls) -> tuple[str, ...]:
        """The names of the fields that a sentence may leave open."""
        return (
            "circuit", "group", "charger", "evse", "bay", "vehicle", "from_time", "to_time", "limit_w",
            "price_per_kwh", "leaves_before", "except_leaves_before",
        )  # fmt: skip
