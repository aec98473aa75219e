"""A booted station of OCPP 2.0.1 on the yard's charger.

What needs Django is imported inside: this file may be read before the settings stand.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.certification.v201.station import Station
from tests.wire import dial

if TYPE_CHECKING:
    from tests.certification.desk import Desk
    from tests.certification.yard import Yard
    from tests.conftest import BusinessTime


@pytest.fixture
async def station(yard: "Yard", business_time: "BusinessTime") -> AsyncIterator[Station]:
    from tests.certification.yard import PASSWORD

    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        station = Station(wire, yard.identity, yard.card.value, business_time)
        await station.booted()
        yield station


@pytest.fixture
def desk(yard: "Yard") -> "Desk":
    return yard.desk
