"""Block E: a transaction's beginnings and ends, however a station is set."""

from tests.certification.cases import case_201
from tests.certification.v201.station import Station
from tests.certification.yard import Yard


@case_201("TC_E_03")
async def test_a_cable_before_the_card_opens_a_session_that_the_card_names(station: Station, yard: Yard) -> None:
    await station.plug_in()
    unnamed = await yard.session()
    await station.charge()

    session = await yard.session()
    assert (unnamed.vehicle_id, session.vehicle_id) == (None, yard.van.pk)
    assert (session.ended_at, session.bay_name, session.meter_start_wh) == (None, "A01", 1_000)
