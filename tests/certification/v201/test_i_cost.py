"""Block I: what a charge costs so far, and in the end, on the station's display."""

from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard


@case_201("TC_I_01")
async def test_what_a_charge_costs_so_far_is_shown_at_the_station(station: Station, desk: Desk) -> None:
    shown, answer = await station.show_card()
    reference = await station.charge()
    await station.meter(1_000)
    station.wire.answers["CostUpdated"] = {}
    told = await desk.ask("show-cost", {"reference": reference, "total": "0.30"})

    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    assert told["request"] == {"transactionId": reference, "totalCost": 0.3}
    assert told["state"] == "accepted"


@case_201("TC_I_02")
async def test_the_end_of_a_charge_is_answered_with_what_it_costs(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.meter(1_000)
    await station.finish()
    answer = await station.unplug()

    session = await yard.session()
    assert (session.energy_wh, answer["totalCost"]) == (1_500, 0.45)
