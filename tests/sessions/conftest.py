"""A charger with one EVSE, a van with its card; what needs Django is imported inside, for the settings come first."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chargers.models import Charger, Evse
    from sessions.models import IdToken, Vehicle


@pytest.fixture
def charger(db: None) -> "Charger":
    """It speaks 1.6: we number its sessions."""
    from tests.sessions.yard import make_charger

    return make_charger()


@pytest.fixture
def evse(charger: "Charger") -> "Evse":
    from tests.sessions.yard import make_evse

    return make_evse(charger)


@pytest.fixture
def newer(db: None) -> "Charger":
    """It speaks 2.0.1: it names its sessions. With EVSE 1."""
    from chargers.choices import Protocol
    from tests.sessions.yard import make_charger, make_evse

    charger = make_charger("CP-201", Protocol.V201)
    make_evse(charger)
    return charger


@pytest.fixture
def van(db: None) -> "Vehicle":
    from tests.sessions.yard import make_van

    return make_van()


@pytest.fixture
def card(van: "Vehicle") -> "IdToken":
    from tests.sessions.yard import make_card

    return make_card(vehicle=van)
