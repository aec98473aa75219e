"""A limit of the moment, such as the sun's: one dynamic profile above the plan, whose value is told anew (2.1 K28).

Only 2.1 has words for it; others are told the moment as the first step of a whole plan. It ends a while after its last
value (Q04) and a while without us: then the plan beneath, which was never touched, holds again.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    Rates,
    SchedulePeriod,
    UpdateDynamicSchedule,
)
from chargers.held.possible import Possible, candidates
from chargers.models import Capability, IssuedCommand
from chargers.profiles import InstalledProfiles
from chargers.profiles.installed import OCPP_21
from depot.energy.delivery.abilities import Abilities
from depot.energy.delivery.ladder import NO_LESSON, Rung
from depot.energy.delivery.learning import FOLLOWS_UPDATES, show, word_of
from depot.energy.delivery.schedule import Shape, value_of
from depot.energy.delivery.wanted import Lead

HOLDS_S = 900
# What is to last longer than the charger's last value does is told again; less than this is not worth a message.
WORTH = timedelta(minutes=2)
ACTIONS = {"UpdateDynamicSchedule", "ClearChargingProfile"}
ABOVE = 2  # levels: between it and the plan is what is given back


def can_lead(protocol: str | None, abilities: Abilities, shown: Iterable[Capability], firmware: str) -> bool:
    """It speaks of it, has not refused it, and says that there is a level above for an emergency."""
    rung, top = abilities.rung, abilities.listed_level
    refused = any((each.name, each.value, each.firmware) == (FOLLOWS_UPDATES, "no", firmware) for each in shown)
    has_level = rung is not None and top is not None and top > rung.stack_level + ABOVE
    is_held_back = bool(ACTIONS & set(abilities.traits.deny_on_connect))
    return protocol == OCPP_21 and has_level and not refused and not is_held_back


def leading_shape(shape: Shape) -> Shape:
    return replace(shape, leads=True, stack_level=shape.stack_level + ABOVE, max_offline_s=HOLDS_S)


def leading_rung(rung: Rung) -> Rung:
    return Rung(rung.purpose, rung.stack_level + ABOVE)


def is_leading(command: Command) -> bool:
    """Of what is delivered only this is dynamic."""
    if isinstance(command, InstallProfile):
        return command.profile.kind is ProfileKind.DYNAMIC
    return isinstance(command, UpdateDynamicSchedule)


def next_command(
    possible: Possible | None,
    shape: Shape,
    lead: Lead | None,
    reference: str | None,
    *,
    now: datetime,
    down: bool = False,
) -> InstallProfile | UpdateDynamicSchedule | ClearProfiles | None:
    """What brings the charger from what it may hold in this place to `lead`; None where it is there."""
    # Of what is on its way only the newest counts: it is not sent a second time before that is answered.
    sets = () if possible is None or not possible.is_known else candidates(possible)
    is_open = possible is not None and possible.is_open
    held = [_in_place(installed, shape) for installed in (sets[-1:] if is_open else sets)]
    if lead is None:
        goes_on = any(profile is not None and _ends_at(profile) > now for profile in held)
        return ClearProfiles(profile_id=shape.profile_id) if goes_on else None
    wanted = _profile(value_of(lead.limit_w, shape, down=down), shape, reference)
    of_one_kind = {None if profile is None else _but_for_its_value(profile) for profile in held}
    if of_one_kind != {_but_for_its_value(wanted)}:
        return InstallProfile(evse=shape.place, profile=wanted)
    limit = _value(wanted)
    lasts_until = lead.until - WORTH
    if all(profile is not None and _value(profile) == limit and _ends_at(profile) >= lasts_until for profile in held):
        return None
    return UpdateDynamicSchedule(profile_id=shape.profile_id, rates=Rates(limit=limit))


def _profile(limit: float, shape: Shape, reference: str | None) -> ChargingProfile:
    period = SchedulePeriod(start_s=0, limit=limit, phases=shape.phases if shape.tells_phases else None)
    return ChargingProfile(
        profile_id=shape.profile_id,
        stack_level=shape.stack_level,
        purpose=shape.purpose,
        kind=ProfileKind.DYNAMIC,
        schedules=(ChargingSchedule(unit=shape.unit, duration_s=HOLDS_S, periods=(period,)),),
        reference=reference,
        max_offline_s=shape.max_offline_s,
    )


def _in_place(installed: InstalledProfiles, shape: Shape) -> ChargingProfile | None:
    place = (shape.place, shape.profile_id)
    return next((each.profile for each in installed.held if (each.evse, each.profile.profile_id) == place), None)


def _value(profile: ChargingProfile) -> float | None:
    return profile.schedules[0].periods[0].limit


def _but_for_its_value(profile: ChargingProfile) -> ChargingProfile:
    schedule = profile.schedules[0]
    period = replace(schedule.periods[0], limit=None)
    return replace(profile, updated_at=None, schedules=(replace(schedule, periods=(period,)),))


def _ends_at(profile: ChargingProfile) -> datetime:
    assert profile.updated_at is not None, "what is held was told at some time"
    return profile.updated_at + timedelta(seconds=profile.schedules[0].duration_s or HOLDS_S)


def learn_following(command: IssuedCommand, *, is_over: bool, now: datetime) -> bool:
    """From its answer; True where it refuses, and is told whole plans instead."""
    told = f"{command.action} of a dynamic profile (command {command.pk})"
    if command.state == CommandState.ACCEPTED:
        show(command.charger, FOLLOWS_UPDATES, "yes", f"accepted {told}", now=now)
        return False
    word = word_of(command)
    if is_over or word in NO_LESSON:
        return False
    return show(command.charger, FOLLOWS_UPDATES, "no", f"{told} was answered {word}", now=now)
