"""A depot on a grid connection with a tariff, which plans for its vehicles."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from depot.models import Depot


@pytest.fixture
def depot(db: None) -> "Depot":
    from tests.energy.rows import make_circuit, make_tariff
    from tests.factories import make_depot

    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot)
    return depot
