"""What a person, or the grid's operator, decided for a while: it stands above the plan."""

from django.conf import settings
from django.db import models

from chargers.models import Evse
from depot.models import Depot
from sessions.models import Session


class ManualLimit(models.Model):
    """At most so much at one EVSE, until its end. No rule and no priority lifts it."""

    evse = models.ForeignKey(Evse, models.CASCADE, related_name="+")
    limit_w = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_manual_limit_ends_after_it_starts"
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="manual_limits_by_end")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.evse} at most {self.limit_w} W until {self.ends_at}"


class ChargeNow(models.Model):
    """A session that takes what it can at once, without regard to prices, peaks and rules; never above a circuit."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(taken_back_at=None), name="one_charge_now_per_session"
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.session} now"


class GridCap(models.Model):
    """Demand response: the site takes at most so much from the grid in this window."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    limit_w = models.PositiveIntegerField()
    note = models.CharField(max_length=120, blank=True, help_text="Whose event, under which number")
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_grid_cap_ends_after_it_starts"
            )
        ]
        indexes = [models.Index(fields=["depot", "ends_at"], name="grid_caps_by_end")]
        ordering = ["-starts_at", "-id"]

    def __str__(self) -> str:
        return f"{self.limit_w} W from {self.starts_at} to {self.ends_at}"
