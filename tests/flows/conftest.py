"""A charger on a real socket, in each of the three versions.

What needs Django is imported inside: this file may be read before the settings stand.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.flows.speakers import VERSIONS, Speaker, speaker
from tests.wire import dial

if TYPE_CHECKING:
    from tests.flows.scene import Scene
    from tests.live import LiveDepot


@pytest.fixture
def scene(live_depot: "LiveDepot") -> "Scene":
    from tests.flows.scene import set_scene

    return set_scene()


@pytest.fixture(params=VERSIONS)
async def charger(request: pytest.FixtureRequest, live_depot: "LiveDepot", scene: "Scene") -> AsyncIterator[Speaker]:
    """The charger of the scene, connected and booted."""
    from tests.flows.scene import PASSWORD

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(request.param,)) as wire:
        told = speaker(request.param, wire)
        await told.boot()
        yield told
