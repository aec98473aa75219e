"""What a person, or the grid's operator, decides for a while."""

from datetime import datetime

from django.db.models import QuerySet

from chargers.models import Evse
from depot.access.models import User
from depot.energy.delivery.models import Writer
from depot.energy.models import ChargeNow, GridCap, ManualLimit
from depot.energy.queries.visits import visit_of
from depot.energy.services.marks import want_plan, want_plan_of_charger
from depot.models import Depot
from sessions.models import Session


class WindowOver(ValueError):
    """It would end before it starts, or before now."""


class SessionOver(ValueError):
    """Nobody charges in it any more."""


def limit_by_hand(
    evse: Evse, limit_w: int, *, until: datetime, set_by: User | None, now: datetime, since: datetime | None = None
) -> ManualLimit:
    """The newest at an EVSE holds. Raises WindowOver."""
    starts_at = since or now
    if until <= max(starts_at, now):
        raise WindowOver
    limit = ManualLimit.objects.create(evse=evse, limit_w=limit_w, starts_at=starts_at, ends_at=until, set_by=set_by)
    want_plan_of_charger(evse.charger_id, f"{evse}: limited by hand", now=now)
    return limit


def lift_limit(limit: ManualLimit, *, now: datetime) -> None:
    if limit.taken_back_at is None:
        limit.taken_back_at = now
        limit.save(update_fields=["taken_back_at"])
        want_plan_of_charger(limit.evse.charger_id, f"{limit.evse}: limit by hand lifted", now=now)


def charge_now(session: Session, *, asked_by: User | None, now: datetime) -> ChargeNow:
    """Asked twice, it is one. One that the plan has paused is started again for it. Raises SessionOver."""
    if session.ended_at is not None and visit_of(session, now) is None:
        raise SessionOver
    before = asked_now(session, now).first()
    if before is not None:
        return before
    asked, _ = ChargeNow.objects.get_or_create(
        session=session, taken_back_at=None, defaults={"asked_at": now, "asked_by": asked_by}
    )
    if session.depot_key is not None:
        want_plan(session.depot_key, f"{session.vehicle or session}: charge now", now=now)
    return asked


def asked_now(session: Session, now: datetime) -> QuerySet[ChargeNow]:
    """What is asked of this stay at its charger; where it was paused and started again, in any of its charges."""
    visit = visit_of(session, now)
    its = {session.pk, *(each.pk for each in (visit.sessions if visit is not None else ()))}
    return ChargeNow.objects.filter(session__in=its, taken_back_at=None).select_related("session")


def charge_as_planned(asked: ChargeNow, *, now: datetime) -> None:
    if asked.taken_back_at is None:
        asked.taken_back_at = now
        asked.save(update_fields=["taken_back_at"])
        if asked.session.depot_key is not None:
            want_plan(asked.session.depot_key, f"{asked.session}: charge as planned", now=now)


def cap_grid(
    depot: Depot,
    limit_w: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    note: str = "",
    entered_by: User | None = None,
) -> GridCap:
    """Raises WindowOver."""
    if ends_at <= max(starts_at, now):
        raise WindowOver
    cap = GridCap.objects.create(
        depot=depot, limit_w=limit_w, starts_at=starts_at, ends_at=ends_at, note=note,
        entered_at=now, entered_by=entered_by,
    )  # fmt: skip
    _keep_soon(depot.pk, now)
    want_plan(depot.pk, f"the grid allows {limit_w / 1000:g} kW for a while", now=now)
    return cap


def lift_cap(cap: GridCap, *, now: datetime) -> None:
    if cap.taken_back_at is None:
        cap.taken_back_at = now
        cap.save(update_fields=["taken_back_at"])
        _keep_soon(cap.depot_id, now)
        want_plan(cap.depot_id, "a cap of the grid is lifted", now=now)


def _keep_soon(depot_id: int, now: datetime) -> None:
    """The ledger keeps a cap with the next beat, even where no new plan can be made."""
    Writer.objects.filter(depot=depot_id).update(next_look_at=now)
