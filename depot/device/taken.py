"""The charging profiles that a charger took from us, as far as its answers tell, for its page."""

from dataclasses import dataclass

from chargers.commands.base import to_row
from chargers.held import services as held
from chargers.models import Charger
from depot.device.schedules import Stretch, stretches_of


@dataclass(frozen=True, slots=True)
class Taken:
    number: int
    evse: int  # 0: the charger itself
    purpose: str
    stack_level: int
    reference: str
    stretches: list[Stretch]
    is_certain: bool  # an answer is lost or still awaited, where it is not


def taken_by(charger: Charger) -> list[Taken]:
    holding = held.held_by([charger.pk]).get(charger.pk)
    if holding is None:
        return []
    everything = dict.fromkeys(one for state in holding.candidates for one in state.held)
    found = []
    for one in everything:
        profile = one.profile
        rows = to_row(profile)["schedules"]
        found.append(
            Taken(
                number=profile.profile_id,
                evse=one.evse,
                purpose=profile.purpose.value,
                stack_level=profile.stack_level,
                reference=profile.reference or "",
                stretches=[stretch for row in rows for stretch in stretches_of(row, one.installed_at)],
                is_certain=holding.is_known and all(one in state.held for state in holding.candidates),
            )
        )
    return sorted(found, key=lambda one: (one.evse, one.purpose, one.number))
