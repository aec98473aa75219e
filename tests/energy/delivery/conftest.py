"""A depot on a connection of 20 kW: less than two of its bays of 11 kW may take."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from depot.models import Depot


@pytest.fixture
def depot(db: None) -> "Depot":
    from tests.energy.rows import make_circuit
    from tests.factories import make_depot

    depot = make_depot()
    make_circuit(depot, limit_w=20_000)
    return depot
