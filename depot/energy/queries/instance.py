"""A depot as the planner sees it at a moment: every row that matters, as one Instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chargers.choices import Standing
from depot.energy import instance as planner
from depot.energy.instance import Instance
from depot.energy.models import Circuit, ManualLimit, Wiring
from depot.energy.queries.building import BY_HAND, Builder, stay_key
from depot.energy.queries.prices import prices_of, windows_of
from depot.energy.queries.ruling import Yard, rules_in_force, sentence_of
from depot.energy.queries.site import Surroundings, settings_of, surroundings_of
from depot.energy.queries.stays import StayHere, stays_of
from depot.energy.rules import Ruling, Scene, Sentence, shared_caps
from depot.energy.slots import HORIZON_SLOTS, meter_ahead_slots, share_left, slot_at, start_of
from depot.models import Bay, Depot


@dataclass(frozen=True, slots=True)
class Frame:
    """An instance, and what its keys stand for."""

    depot: Depot
    now: datetime
    instance: Instance
    stays: Mapping[planner.NeedKey, StayHere]
    rulings: Mapping[planner.NeedKey, Ruling]
    sentences: Sequence[Sentence]
    wirings: Mapping[str, Wiring]  # by the EVSE's key
    circuits: Mapping[str, Circuit]
    manual_limits: Mapping[str, ManualLimit]  # by the key of the circuit that stands for it

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.depot.time_zone)


def wirings_of(depot: Depot) -> list[Wiring]:
    """Adopted EVSEs on the depot's circuits, whose chargers let us manage their energy."""
    return list(
        Wiring.objects.filter(
            circuit__depot=depot,
            evse__charger__standing=Standing.ADOPTED,
            evse__charger__energy_management_on=True,
        )
        .select_related("evse__charger", "circuit")
        .order_by("evse_id")
    )


def frame_of(depot: Depot, now: datetime, slots: int = HORIZON_SLOTS) -> Frame | None:
    """None where there is nothing to plan: no grid connection, or no EVSE on it."""
    circuits = list(Circuit.objects.filter(depot=depot).order_by("pk"))
    wirings = wirings_of(depot)
    root = next((circuit for circuit in circuits if circuit.feeds_from_id is None), None)
    if root is None or not wirings:
        return None
    first = slot_at(now)
    around = surroundings_of(depot, circuits, now, slots)
    stays = stays_of(depot, wirings, now)
    grid_kw_now = _grid_kw_now(around, stays)
    prices = prices_of(depot, first, slots, now=now, grid_kw_now=grid_kw_now)
    bays = list(Bay.objects.filter(depot=depot))
    sentences = [sentence_of(rule, Yard(wirings, bays, circuits)) for rule in rules_in_force(depot, now)]
    surplus = tuple(max(0.0, s - b) for s, b in zip(around.solar_kw, around.building_kw, strict=True))
    moments = tuple(start_of(first + slot) for slot in range(slots))
    scene = Scene(moments, ZoneInfo(depot.time_zone), prices.import_price, surplus)
    built = Builder(depot, now, slots, circuits, wirings, around)
    needs, rulings = built.needs(stays, sentences, scene)
    limits = built.import_limits(root)
    hands = built.manual_limits()
    instance = Instance(
        first_slot=first,
        first_slot_share=share_left(now),
        meter_ahead_slots=meter_ahead_slots(scene.zone, now),
        site=planner.Site(
            building_kw=around.building_kw,
            solar_kw=around.solar_kw,
            import_limit_kw=limits,
            import_price=prices.import_price,
            export_price=prices.export_price,
            export_limit_kw=None if settings_of(depot).may_export else (0.0,) * slots,
        ),
        circuits=(*built.circuits_of(limits, root), *built.circuits_by_hand(hands), *built.circuits_of_groups()),
        evses=built.evses(hands),
        needs=tuple(need for need, _ in needs),
        allowances=prices.allowances,
        demand=windows_of(depot, prices.tariff, now, slots, grid_kw_now, prices.later),
        caps=shared_caps(sentences, rulings, scene),
    )
    by_need = {need.key: stay_key(stay, built.zone) for need, stay in needs}
    return Frame(
        depot=depot,
        now=now,
        instance=instance,
        stays={need.key: stay for need, stay in needs},
        rulings={key: rulings[by_need[key]] for key in by_need},
        sentences=sentences,
        wirings={str(wiring.evse_id): wiring for wiring in wirings},
        circuits={str(circuit.pk): circuit for circuit in circuits},
        manual_limits={f"{BY_HAND} {evse}": limit for evse, limit in hands.items()},
    )


def _grid_kw_now(around: Surroundings, stays: Sequence[StayHere]) -> float:
    """As metered, or else what building and chargers should take together."""
    if around.grid_kw_now is not None:
        return around.grid_kw_now
    drawn = sum((stay.session.power_w or 0) for stay in stays if stay.session is not None and not stay.is_paused)
    return around.building_kw[0] - around.solar_kw[0] + drawn / 1000
