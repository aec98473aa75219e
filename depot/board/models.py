"""The emergency "site to minimum": that it was called, and everything that was asked for it. Kept for good."""

from django.conf import settings
from django.db import models

from chargers.models import Evse, IssuedCommand
from depot.models import Depot
from sessions.models import Session


class Purpose(models.TextChoices):
    """What a step asks of one EVSE."""

    DEFAULT = "default", "Limit for whatever charges there"
    SESSION = "session", "Limit for the vehicle that charges now"
    STOP = "stop", "Stop"
    CLEAR_DEFAULT = "clear_default", "Lift the limit"
    CLEAR_SESSION = "clear_session", "Lift the vehicle's limit"


class Outcome(models.TextChoices):
    OPEN = "", "Asked"
    DONE = "done", "Accepted"
    REFUSED = "refused", "Refused"
    NO_CONTACT = "no_contact", "No contact"


class Emergency(models.Model):
    """From its call to its release the site takes the least that vehicles can take."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    amperes = models.PositiveSmallIntegerField(default=6, help_text="Per phase, at each EVSE")
    called_at = models.DateTimeField()
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Nothing of it is left at any charger")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["depot"], condition=models.Q(released_at=None), name="one_emergency_at_a_time_per_depot"
            )
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.depot} at its minimum since {self.called_at:%Y-%m-%d %H:%M}"


class EmergencyStep(models.Model):
    """One thing asked of one EVSE for it; without a command where nobody could be asked."""

    emergency = models.ForeignKey(Emergency, models.CASCADE, related_name="steps")
    evse = models.ForeignKey(Evse, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=13, choices=Purpose)
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="+")
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="In the charger's words, or why it was not asked")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["emergency", "evse", "purpose"],
                condition=models.Q(outcome="", session=None),
                name="one_open_step_per_purpose",
            )
        ]
        indexes = [models.Index(fields=["command"], condition=models.Q(outcome=""), name="steps_open")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_outcome_display()}"
