"""How sure it is which vehicle charges."""

import pytest

from sessions.identity import SURE, confidence_in_vehicle
from sessions.models import Session, VehicleSource


@pytest.mark.parametrize("source", VehicleSource)
def test_every_way_of_knowing_has_its_confidence(source: VehicleSource) -> None:
    assert 0 <= SURE[source] <= 1


def test_what_a_person_saw_is_surer_than_a_card_and_that_surer_than_a_bay() -> None:
    told = [
        confidence_in_vehicle(Session(vehicle_id=7, vehicle_source=source))
        for source in (VehicleSource.DISPATCHER, VehicleSource.TOKEN, VehicleSource.AUTOSTART)
    ]

    assert told == sorted(set(told), reverse=True)


def test_a_contract_certificate_proves_the_vehicle() -> None:
    session = Session(vehicle_id=7, vehicle_source=VehicleSource.TOKEN, token_type="eMAID")

    assert confidence_in_vehicle(session) == 1


def test_of_no_vehicle_nothing_is_sure() -> None:
    assert confidence_in_vehicle(Session(vehicle_source=VehicleSource.TOKEN)) == 0
