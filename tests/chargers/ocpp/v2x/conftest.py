"""Each test of what both versions share runs once in 2.0.1 and once in 2.1."""

import pytest

from chargers.ocpp.dialect import Dialect
from chargers.ocpp.v21 import dialect as v21
from chargers.ocpp.v201 import dialect as v201


@pytest.fixture(params=[v201, v21], ids=["2.0.1", "2.1"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen
