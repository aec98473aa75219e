"""A charger that has told how long a list it takes."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chargers.models import Charger
    from depot.models import Depot


@pytest.fixture
def charger(depot: "Depot") -> "Charger":
    from tests.upkeep.local_lists.keeper import placed

    return placed(depot)
