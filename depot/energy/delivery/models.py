"""What is wanted of each EVSE, how far that has come, and whether its charger keeps to it."""

from django.db import models

from chargers.models import Evse, IssuedCommand
from depot.energy.delivery.standing import Obedience, Waking
from depot.energy.delivery.wanted import Lead, Step, led, read_steps
from depot.models import Depot
from sessions.models import IdToken


class Writer(models.Model):
    """One row per depot: who holds it locked is the only one who reserves and sends there."""

    depot = models.OneToOneField(Depot, models.CASCADE, related_name="+")
    next_look_at = models.DateTimeField(null=True, blank=True, help_text="Business time; blank: nothing waits")
    overloads = models.JSONField(default=list, help_text="Circuits that are not guaranteed: [{name, over_w, by}]")
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["next_look_at"], name="deliveries_to_look_at")]

    def __str__(self) -> str:
        return f"Deliveries of {self.depot}"


class State(models.TextChoices):
    NOTHING = "", "Nothing wanted"
    SENT = "sent", "On its way"
    HELD = "held", "The charger holds it"
    NO_ROOM = "no_room", "Waits for others to give up power"
    TOO_SOON = "too_soon", "Waits: chargers are not told more than once a minute"
    NO_CHARGE = "no_charge", "Waits for the charge to begin"
    OFFLINE = "offline", "The charger is offline"
    SWITCHED_OFF = "switched_off", "Energy management is off for this charger"
    BY_START_AND_STOP = "start_stop", "Only started and stopped"
    OUT_OF_HANDS = "out_of_hands", "Takes no limit"


class Fallback(models.TextChoices):
    NONE = "", "None"
    ASKED = "asked", "On its way"
    HELD = "held", "Installed"
    IMPOSSIBLE = "impossible", "The charger holds no limit of its own"


OBEDIENCE = {
    Obedience.FINE: "Keeps its limit",
    Obedience.RETRIED: "Draws more than it may; told again",
    Obedience.COUNTED: "Draws more than it may; counted at its rating",
    Obedience.STOPPED: "Drew more than it may; stopped",
}
WAKING = {
    Waking.AWAKE: "Nothing to do",
    Waking.RAISED: "Offered power, and takes none",
    Waking.TOGGLED: "Its limit was taken away and given back",
    Waking.RESTARTED: "Stopped and started again",
    Waking.ASLEEP: "Does not wake; somebody must plug it in again",
    Waking.FULL: "Charged, and takes no more of what it is offered",
}


class Target(models.Model):
    evse = models.OneToOneField(Evse, models.CASCADE, related_name="limit_target")
    depot = models.ForeignKey(Depot, models.CASCADE, related_name="+")
    steps = models.JSONField(default=list, help_text="[[from, W], …]")
    until = models.DateTimeField(null=True, blank=True)
    wanted_at = models.DateTimeField(null=True, blank=True)
    lead_w = models.IntegerField(null=True, blank=True, help_text="Leads above the steps for the moment")
    lead_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State, blank=True)
    why = models.CharField(max_length=200, blank=True)
    command = models.ForeignKey(IssuedCommand, models.SET_NULL, null=True, blank=True, related_name="+")
    rung = models.CharField(max_length=30, blank=True, help_text="Purpose and stack level of the command")
    sends_plan = models.BooleanField(default=False, help_text="Else the command installs the fallback")
    not_before = models.DateTimeField(null=True, blank=True, help_text="A raise waits until then")

    fallback_w = models.PositiveIntegerField(null=True, blank=True)
    fallback_state = models.CharField(max_length=10, choices=Fallback, blank=True)
    windows = models.JSONField(default=list, help_text="[[from, to, W], …] in seconds of the depot's day")

    # Does it keep to it?
    obedience = models.CharField(max_length=8, choices=list(OBEDIENCE.items()), blank=True)
    judged_at = models.DateTimeField(null=True, blank=True, help_text="Of the newest sample that was looked at")
    over_samples = models.PositiveSmallIntegerField(default=0)
    read_back_at = models.DateTimeField(null=True, blank=True)

    # Is the vehicle asleep?
    waking = models.CharField(max_length=9, choices=list(WAKING.items()), blank=True)
    waking_since = models.DateTimeField(null=True, blank=True)
    starting_since = models.DateTimeField(
        null=True, blank=True, help_text="A card was accepted, or room is being made: it counts as charging"
    )
    resume_token = models.ForeignKey(IdToken, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["evse_id"]

    def __str__(self) -> str:
        return f"{self.evse}: {self.get_state_display()}"

    @property
    def lead(self) -> Lead | None:
        if self.lead_w is None or self.lead_until is None or self.wanted_at is None:
            return None
        return Lead(self.lead_w, self.wanted_at, self.lead_until)

    def planned(self) -> tuple[Step, ...]:
        return read_steps(self.steps)

    def course(self) -> tuple[Step, ...]:
        """All that is wanted, the limit of the moment before what was planned."""
        return led(self.planned(), self.until, self.lead) if self.until is not None else self.planned()


__all__ = ["OBEDIENCE", "WAKING", "Fallback", "Obedience", "State", "Target", "Waking", "Writer"]
