"""A booted charge point of OCPP 1.6 on the yard's charger.

What needs Django is imported inside: this file may be read before the settings stand.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.wire import Wire, dial

if TYPE_CHECKING:
    from tests.certification.desk import Desk
    from tests.certification.v16.charge_point import ChargePoint
    from tests.certification.yard import Yard


@pytest.fixture
async def point(yard: "Yard") -> AsyncIterator["ChargePoint"]:
    from tests.certification.v16.charge_point import ChargePoint
    from tests.certification.yard import PASSWORD

    async with dial(yard.url, yard.identity, password=PASSWORD) as wire:
        point = ChargePoint(wire, yard.identity, yard.card.value)
        await point.booted()
        yield point


@pytest.fixture
def wire(point: "ChargePoint") -> Wire:
    return point.wire


@pytest.fixture
def desk(yard: "Yard") -> "Desk":
    return yard.desk
