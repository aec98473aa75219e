"""A depot with a roof, and a bay whose charger is only started and stopped."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from depot.energy.models import MeterSource
    from depot.models import Bay, Depot


@pytest.fixture
def depot(db: None) -> "Depot":
    from tests.energy.rows import make_circuit, make_tariff
    from tests.factories import make_depot

    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot)
    return depot


@pytest.fixture
def roof(depot: "Depot") -> "MeterSource":
    from tests.energy.rows import make_source

    make_source(depot, "building", constant=2_000)
    return make_source(depot, "solar")


@pytest.fixture
def bay(depot: "Depot") -> "Bay":
    """Of a charger that asks us before each start."""
    from chargers.models import SettingValue
    from tests.energy.rows import wired_bay
    from tests.energy.solar.scene import NOON

    bay = wired_bay(depot, wiring={"control": "start_stop"})
    assert bay.evse
    SettingValue.objects.create(
        charger=bay.evse.charger, variable="LocalPreAuthorize", value="false", attribute="Actual", reported_at=NOON
    )
    return bay
