"""What is known of one bay -> one of eleven shapes, its words, and what may be done about it; pure functions.

One vocabulary for all OCPP versions; the only place where a status becomes a word on a page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models

from chargers.choices import CommandState, ConnectorStatus, EffectState
from sessions.models import EnergyState

# A vehicle that draws nothing for longer than this, below its target, needs somebody to look.
PATIENCE = timedelta(minutes=5)
# Between the plug and the card some time passes on any evening.
CARD_PATIENCE = timedelta(minutes=1)
# Below this a meter says zero: standby of the electronics.
NO_POWER_W = 50
# Vehicles stop a little below what they were asked for.
TARGET_SLACK_PERCENT = 1.0


class Shape(models.TextChoices):
    FREE = "free", "Free"
    CARD = "card", "Waits for card"
    HOLD = "hold", "Waits"
    CHARGING = "charging", "Charging"
    CARPAUSE = "carpause", "Draws nothing"
    FULL = "full", "Full"
    REPLUG = "replug", "Replug cable"
    RESERVED = "reserved", "Reserved"
    OFF = "off", "Out of service"
    FAULT = "fault", "Fault"
    GONE = "gone", "No contact"


# Between two charges chargers say one or the other.
STANDS_THERE = frozenset(
    {
        ConnectorStatus.PREPARING,
        ConnectorStatus.FINISHING,
        ConnectorStatus.OCCUPIED,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
    }
)

NEEDS_SOMEONE = frozenset({Shape.CARD, Shape.CARPAUSE, Shape.REPLUG, Shape.FAULT})
WITH_VEHICLE = frozenset({Shape.CARD, Shape.HOLD, Shape.CHARGING, Shape.CARPAUSE, Shape.FULL, Shape.REPLUG})


class Act(StrEnum):
    """What one button does; the value is the kind of the command that it becomes."""

    START = "start"
    NOW = "charge_now"  # of one that the plan has paused: becomes a new plan, and that a start
    STOP = "stop"
    RESET = "reset"
    BRING_BACK = "availability"
    RELEASE = "cancel_reservation"

    @property
    def label(self) -> str:
        return {
            "start": "Start",
            "charge_now": "Start",
            "stop": "Stop",
            "reset": "Reset",
            "availability": "Bring back",
            "cancel_reservation": "Release",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """Of the open session, or of the last one that ended while the vehicle stayed plugged in."""

    energy_state: EnergyState = EnergyState.UNKNOWN
    energy_state_since: datetime | None = None
    has_accepted_token: bool = True
    power_w: int | None = None
    energy_wh: int | None = None
    soc_percent: float | None = None
    target_percent: int | None = None
    stopped_by_vehicle: bool = False  # the charger says that it would take no more

    @property
    def is_at_target(self) -> bool | None:
        """None where the vehicle's charge is not known."""
        if self.soc_percent is None or self.target_percent is None:
            return None
        return self.soc_percent >= self.target_percent - TARGET_SLACK_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The newest command to this bay."""

    kind: str
    state: CommandState
    effect: EffectState

    @property
    def is_in_progress(self) -> bool:
        if self.effect == EffectState.SEEN:
            return False
        if self.state in (CommandState.REQUESTED, CommandState.SENT):
            return True
        return self.state == CommandState.ACCEPTED and self.effect == EffectState.AWAITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of one EVSE at one moment."""

    now: datetime
    is_online: bool
    status: ConnectorStatus
    status_since: datetime | None = None
    session: SessionFacts | None = None
    ended: SessionFacts | None = None
    needs_replug: bool = False
    is_paused: bool = False  # we ended its charge, and go on with it later
    reserved_for: str = ""
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class State:
    shape: Shape
    words: str
    was: str = ""  # no contact: what it was when we last heard
    act: Act | None = None
    is_asked: bool = False  # the act is on its way


COMMAND_VERBS = {
    "start": "Start",
    "stop": "Stop",
    "reset": "Reset",
    "availability": "Change",
    "unlock": "Unlock",
    "cancel_reservation": "Release",
}


def state_of(scene: Scene) -> State:
    shape, words = _shape_of(scene)
    act = _act_for(shape, scene)
    if not scene.is_online:
        return State(Shape.GONE, str(Shape.GONE.label), was=words, act=act if act == Act.STOP else None)
    if scene.asked is not None and scene.asked.is_in_progress and scene.asked.kind in COMMAND_VERBS:
        verb = COMMAND_VERBS[scene.asked.kind]
        accepted = scene.asked.state == CommandState.ACCEPTED
        return State(shape, f"{verb}: accepted…" if accepted else f"{verb} asked…", act=act, is_asked=True)
    return State(shape, words, act=act)


def _shape_of(scene: Scene) -> tuple[Shape, str]:
    if scene.is_paused and scene.status in STANDS_THERE:
        return _plain(Shape.HOLD)
    match scene.status:
        case ConnectorStatus.FAULTED:
            return _plain(Shape.FAULT)
        case ConnectorStatus.UNAVAILABLE:
            return _plain(Shape.OFF)
        case ConnectorStatus.RESERVED:
            return Shape.RESERVED, f"For {scene.reserved_for}" if scene.reserved_for else str(Shape.RESERVED.label)
        case ConnectorStatus.AVAILABLE:
            if scene.reserved_for and not scene.session:
                # Kept by us, or by a charger that does not say so: nobody else may have it all the same.
                return Shape.RESERVED, f"For {scene.reserved_for}"
            return (Shape.HOLD, "Waits for cable") if scene.session else _plain(Shape.FREE)
        case ConnectorStatus.CHARGING:
            return _drawing(scene.session)
        case ConnectorStatus.SUSPENDED_EVSE:
            return _held(scene.session)
        case ConnectorStatus.SUSPENDED_EV:
            return _not_drawing(scene, scene.session or scene.ended, scene.status_since)
        case ConnectorStatus.PREPARING:
            return _plain(Shape.HOLD) if scene.session else _without_a_card(scene, scene.status_since)
        case ConnectorStatus.FINISHING:
            return _finishing(scene)
        case ConnectorStatus.OCCUPIED:
            return _occupied(scene)
    return Shape.GONE, "Unknown"


def _plain(shape: Shape) -> tuple[Shape, str]:
    return shape, str(shape.label)


def _drawing(session: SessionFacts | None) -> tuple[Shape, str]:
    # Blue means energy flows: a status "Charging" beside a meter that says zero is not believed.
    stands_still = session is not None and session.power_w is not None and abs(session.power_w) < NO_POWER_W
    return _plain(Shape.HOLD) if stands_still else _plain(Shape.CHARGING)


def _held(session: SessionFacts | None) -> tuple[Shape, str]:
    # Some say so for minutes while the least current flows (quirk 39): what is measured counts.
    flows = session is not None and session.power_w is not None and abs(session.power_w) >= NO_POWER_W
    return _plain(Shape.CHARGING) if flows else _plain(Shape.HOLD)


def _not_drawing(scene: Scene, session: SessionFacts | None, since: datetime | None) -> tuple[Shape, str]:
    if session is not None and session.is_at_target:
        return _plain(Shape.FULL)
    if session is not None and session.is_at_target is None and session.energy_wh:
        # Its charge is not known, but it took energy and then stopped by itself: that is what a full vehicle does.
        return _plain(Shape.FULL)
    if since is not None and scene.now - since > PATIENCE:
        return _plain(Shape.CARPAUSE)
    return _plain(Shape.HOLD)


def _without_a_card(scene: Scene, since: datetime | None) -> tuple[Shape, str]:
    if since is not None and scene.now - since < CARD_PATIENCE:
        return Shape.HOLD, "Plugged in"
    return _plain(Shape.CARD)


def _finishing(scene: Scene) -> tuple[Shape, str]:
    if scene.session is not None:
        return _plain(Shape.FULL) if scene.session.is_at_target else (Shape.HOLD, "Finishing")
    return _after_an_end(scene)


def _after_an_end(scene: Scene) -> tuple[Shape, str]:
    if scene.ended is not None and (scene.ended.is_at_target or scene.ended.stopped_by_vehicle):
        return _plain(Shape.FULL)
    if scene.needs_replug:
        return _plain(Shape.REPLUG)
    return Shape.HOLD, "Stopped"


def _occupied(scene: Scene) -> tuple[Shape, str]:
    """2.x says no more than that something is plugged in; the transaction tells the rest."""
    session = scene.session
    if session is None:
        return _after_an_end(scene) if scene.ended is not None else _without_a_card(scene, scene.status_since)
    match session.energy_state:
        case EnergyState.CHARGING:
            return _drawing(session)
        case EnergyState.SUSPENDED_EV:
            return _not_drawing(scene, session, session.energy_state_since)
        case EnergyState.EV_CONNECTED if not session.has_accepted_token:
            return _without_a_card(scene, session.energy_state_since or scene.status_since)
    return _plain(Shape.HOLD)


def _act_for(shape: Shape, scene: Scene) -> Act | None:
    if shape == Shape.FAULT:
        return Act.RESET
    if shape == Shape.OFF:
        return Act.BRING_BACK
    if shape == Shape.RESERVED and scene.reserved_for:
        return Act.RELEASE
    if shape == Shape.HOLD and scene.is_paused:
        return Act.NOW
    if shape == Shape.CARD:
        return Act.START
    if shape == Shape.HOLD and scene.session is not None and not scene.session.has_accepted_token:
        return Act.START
    if shape in (Shape.CHARGING, Shape.CARPAUSE, Shape.HOLD):
        return Act.STOP if scene.session else (Act.START if shape == Shape.HOLD else None)
    return None
