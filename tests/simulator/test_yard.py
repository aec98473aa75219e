"""Yard files: what is read, what is refused, what is made."""

from typing import Any

import pytest

from simulator.yard import BadYard, build_yard
from simulator.yard_maker import make_bench

EVSE = {"number": 1, "bay": "A1", "max_w": 7000}
CHARGER = {"identity": "CP1", "evses": [EVSE]}


@pytest.mark.parametrize(
    "told",
    [
        {"chargers": [CHARGER, CHARGER]},
        {"chargers": [CHARGER, {"identity": "CP2", "evses": [EVSE]}]},
        {"chargers": [{**CHARGER, "version": "1.5"}]},
        {"chargers": [{**CHARGER, "manners": "rude"}]},
        {"chargers": [{**CHARGER, "colour": "red"}]},
        {"chargers": [{"identity": "CP1", "evses": []}]},
        {"chargers": [{"evses": [EVSE]}]},
        {"time_zone": "Mars/Olympus"},
        {"chargers": [CHARGER], "vehicles": [{"name": "V", "id_token": "V", "days": {"bay": "B9"}}]},
        {"chargers": [CHARGER], "vehicles": [{"name": "V", "id_token": "V", "days": {"bay": "A1", "arrives": "late"}}]},
        {"chargers": [CHARGER], "vehicles": [{"name": "V", "id_token": "V", "days": {"bay": "A1", "weekdays": ["x"]}}]},
    ],
)
def test_a_bad_yard_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(BadYard):
        build_yard(told)


def test_a_bench_yard_deals_its_versions_in_turn() -> None:
    yard = build_yard(make_bench(1000, ["1.6", "2.0.1", "2.1"], evses=2))

    assert len(yard.chargers) == 1000
    assert [charger.version for charger in yard.chargers[:4]] == ["1.6", "2.0.1", "2.1", "1.6"]
    assert len({evse.bay for charger in yard.chargers for evse in charger.evses}) == 2000
