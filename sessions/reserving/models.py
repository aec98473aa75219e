"""A place kept for a token until a moment (1.6 §5.13, 2.x H01-H04)."""

from django.conf import settings
from django.db import models

from chargers.models import Charger, Evse, IssuedCommand
from sessions.models import IdToken, Session


class ReservationState(models.TextChoices):
    ASKED = "asked", "Asked"
    HELD = "held", "Kept"
    RELEASING = "releasing", "Release asked"
    REFUSED = "refused", "Refused"
    USED = "used", "Used"
    EXPIRED = "expired", "Not used in time"
    CANCELLED = "cancelled", "Released"
    REMOVED = "removed", "Given up by the charger"
    NO_CHARGE = "no_charge", "Taken up, but nothing was charged"


# While it is in one of these, nobody else may have the place.
LIVE = (ReservationState.ASKED, ReservationState.HELD, ReservationState.RELEASING)


class Keeper(models.TextChoices):
    CHARGER = "charger", "The charger"
    US = "us", "We: the charger knows no reservations, so others' cards are refused when it asks us"


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def live(self) -> "ReservationQuerySet":
        return self.filter(state__in=LIVE)


class Reservation(models.Model):
    """`pk` is the reservation's id in OCPP. Which EVSE it is for: one, any of a kind of connector, or any at all."""

    # Four bytes, as OCPP 1.6 has them.
    id = models.AutoField(primary_key=True)
    charger = models.ForeignKey(Charger, models.CASCADE, related_name="+")
    evse = models.ForeignKey(Evse, models.CASCADE, null=True, blank=True, related_name="+")
    connector_type = models.CharField(max_length=20, blank=True, help_text="2.x, in its words, as cCCS2")
    token = models.ForeignKey(IdToken, models.SET_NULL, null=True, related_name="+")
    # As they were when it was asked for: what the charger was told stays what it was told.
    token_value = models.CharField(max_length=255)
    token_type = models.CharField(max_length=20, blank=True)
    token_key = models.CharField(max_length=255)
    group = models.CharField(max_length=36, blank=True)
    name = models.CharField(max_length=80, help_text="Whom it is for, in words: the vehicle, else the driver or card")
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReservationState, default=ReservationState.ASKED)
    kept_by = models.CharField(max_length=8, choices=Keeper, default=Keeper.CHARGER)
    why = models.CharField(max_length=200, blank=True, help_text="What the charger answered, or why it ended")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    release = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    session = models.ForeignKey(Session, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["evse"], condition=models.Q(state__in=LIVE), name="one_live_reservation_per_evse"
            ),
            models.UniqueConstraint(
                fields=["charger", "token_key"],
                condition=models.Q(state__in=LIVE),
                name="one_live_reservation_per_token_and_charger",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LIVE, ended_at=None)
                | (~models.Q(state__in=LIVE) & models.Q(ended_at__isnull=False)),
                name="a_reservation_that_is_over_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["charger"], condition=models.Q(state__in=LIVE), name="live_reservations"),
            models.Index(fields=["-id"], name="reservations_newest_first"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.evse or self.charger} for {self.name}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE
