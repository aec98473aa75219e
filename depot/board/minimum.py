"""Pure: what is next for one EVSE while its site is at the minimum, and how it stands, from what was asked so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from depot.board.models import Outcome, Purpose

# A limit that was accepted must show in the power this long after, in business time.
OBEYS_WITHIN = timedelta(seconds=120)
# Meters and vehicles are not exact.
TOLERANCE = 1.25
VOLTS = 230


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    purpose: Purpose
    outcome: Outcome
    session_id: int | None = None
    settled_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The session at the EVSE."""

    session_id: int
    power_w: int | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stand:
    """How one EVSE stands, for people."""

    shape: str
    colour: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    steps: Sequence[Step]
    running: Running | None
    is_online: bool
    most_w: float  # what 6 A come to here

    def last(self, purpose: Purpose, session_id: int | None = None) -> Step | None:
        fitting = (s for s in reversed(self.steps) if s.purpose == purpose and session_id in (None, s.session_id))
        return next(fitting, None)

    def stands(self, purpose: Purpose, outcome: Outcome, session_id: int | None = None) -> bool:
        step = self.last(purpose, session_id)
        return step is not None and step.outcome == outcome

    @property
    def ignores_its_limit(self) -> bool:
        """It accepted, and a reading well after that says otherwise."""
        running = self.running
        if running is None or running.power_w is None or running.read_at is None:
            return False
        accepted = [
            step.settled_at
            for step in (self.last(Purpose.DEFAULT), self.last(Purpose.SESSION, running.session_id))
            if step is not None and step.outcome == Outcome.DONE and step.settled_at is not None
        ]
        if not accepted or running.read_at < max(accepted) + OBEYS_WITHIN:
            return False
        return running.power_w > self.most_w * TOLERANCE


def next_asks(target: Target) -> list[Purpose]:
    """What to ask now. Asked once each, and again only where there was no contact then."""
    if not target.is_online:
        return []
    asks = [Purpose.DEFAULT] if _never_told(target, Purpose.DEFAULT) else []
    running = target.running
    if running is None:
        return asks
    if _never_told(target, Purpose.SESSION, running.session_id):
        return [*asks, Purpose.SESSION]
    if not asks and _must_stop(target, running) and _never_told(target, Purpose.STOP, running.session_id):
        return [Purpose.STOP]
    return asks


def _never_told(target: Target, purpose: Purpose, session_id: int | None = None) -> bool:
    step = target.last(purpose, session_id)
    return step is None or step.outcome == Outcome.NO_CONTACT


def _must_stop(target: Target, running: Running) -> bool:
    both = (target.last(Purpose.DEFAULT), target.last(Purpose.SESSION, running.session_id))
    refused = all(step is not None and step.outcome == Outcome.REFUSED for step in both)
    return refused or target.ignores_its_limit


def next_clears(target: Target) -> list[tuple[Purpose, int | None]]:
    """After the release: lift whatever may be installed; with the session that a limit was for."""
    if not target.is_online:
        return []
    clears: list[tuple[Purpose, int | None]] = []
    for clear, of in ((Purpose.CLEAR_DEFAULT, Purpose.DEFAULT), (Purpose.CLEAR_SESSION, Purpose.SESSION)):
        if _may_be_installed(target, of) and _never_told(target, clear):
            clears.append((clear, None))
    return clears


def _may_be_installed(target: Target, purpose: Purpose) -> bool:
    """An answer that never came is no proof that nothing was installed."""
    return any(step.purpose == purpose and step.outcome in (Outcome.DONE, Outcome.OPEN) for step in target.steps)


def is_lifted(target: Target) -> bool:
    """Nothing of ours is left there, as far as the charger says."""
    for clear, of in ((Purpose.CLEAR_DEFAULT, Purpose.DEFAULT), (Purpose.CLEAR_SESSION, Purpose.SESSION)):
        if _may_be_installed(target, of) and not target.stands(clear, Outcome.DONE):
            return False
    return True


def stand_of(target: Target) -> Stand:
    """While it lasts."""
    running = target.running
    if not target.is_online:
        return Stand("gone", "is-gone", "No contact: not told, or not heard since")
    session_id = running.session_id if running else None
    stop = target.last(Purpose.STOP, session_id) if running else target.last(Purpose.STOP)
    limits = [target.last(Purpose.DEFAULT), target.last(Purpose.SESSION, session_id) if running else None]
    outcomes = {step.outcome for step in limits if step is not None}
    if running is None:
        if stop is not None and stop.outcome in (Outcome.OPEN, Outcome.DONE):
            return Stand("ok", "is-ok", "Stopped")
        if Outcome.DONE in outcomes:
            return Stand("ok", "is-ok", "Took the limit; nothing charges")
        if Outcome.REFUSED in outcomes:
            return Stand("note", "", "Refuses limits; nothing charges, and what starts is stopped")
        return Stand("wait", "", "Asked; not answered yet")
    if stop is not None:
        return _stopping(stop)
    if target.ignores_its_limit:
        return Stand("risk", "is-risk", "Took the limit and does not keep it")
    if Outcome.DONE in outcomes:
        seen = running.power_w is not None and running.power_w <= target.most_w * TOLERANCE
        return Stand(
            "ok", "is-ok", "At its minimum, seen in the power" if seen else "Took the limit; power not seen yet"
        )
    if outcomes == {Outcome.REFUSED}:
        return Stand("risk", "is-risk", "Refuses the limit: its vehicle is stopped")
    return Stand("wait", "", "Asked; not answered yet")


def _stopping(stop: Step) -> Stand:
    match stop.outcome:
        case Outcome.REFUSED:
            note = f": {stop.note}" if stop.note else ""
            return Stand("miss", "is-miss", f"Refuses the limit and the stop{note}. Go there")
        case Outcome.NO_CONTACT:
            return Stand("gone", "is-gone", "No contact: the stop could not be asked")
        case Outcome.DONE:
            return Stand("wait", "", "Does not take the limit; stop accepted, waiting to see it")
    return Stand("wait", "", "Does not take the limit; stop asked")


def stand_after_release(target: Target) -> Stand:
    if is_lifted(target):
        installed = any(_may_be_installed(target, purpose) for purpose in (Purpose.DEFAULT, Purpose.SESSION))
        return Stand("ok", "is-ok", "Limit lifted" if installed else "Nothing to lift")
    if not target.is_online:
        return Stand("gone", "is-gone", "No contact: the limit is lifted when it is back")
    clears = [target.last(purpose) for purpose in (Purpose.CLEAR_DEFAULT, Purpose.CLEAR_SESSION)]
    refused = [step for step in clears if step is not None and step.outcome == Outcome.REFUSED]
    if refused:
        return Stand("miss", "is-miss", f"Did not lift the limit{': ' + refused[0].note if refused[0].note else ''}")
    return Stand("wait", "", "Asked to lift the limit; not answered yet")
