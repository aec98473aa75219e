"""A session's life at an EVSE, in each version, on a clock moved by hand."""

import itertools

import pytest

from simulator.transaction import Card
from simulator.yard import VehiclePlan
from tests.simulator.desk import Desk
from tests.simulator.yards import VERSIONS


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param).connect()


def statuses(desk: Desk, number: int = 1) -> list[str]:
    if desk.version == "1.6":
        return [each["status"] for each in desk.heard("StatusNotification", connectorId=number)]
    return [each["connectorStatus"] for each in desk.heard("StatusNotification", evseId=number)]


def test_statuses_follow_the_vehicle(desk: Desk) -> None:
    evse = desk.charge()
    desk.run(3600)
    evse.unplug()
    desk.settle()

    if desk.version == "1.6":
        assert statuses(desk) == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    else:
        assert statuses(desk) == ["Available", "Occupied", "Available"]


def test_a_full_vehicle_suspends_and_stays(desk: Desk) -> None:
    evse = desk.charge(soc=0.95)

    desk.run(4 * 3600)

    assert evse.transaction is not None
    assert evse.power_w == 0
    if desk.version == "1.6":
        assert statuses(desk)[-1] == "SuspendedEV"
    else:
        states = [each["transactionInfo"].get("chargingState") for each in desk.heard("TransactionEvent")]
        assert states[:2] == ["EVConnected", "Charging"]
        assert states[-1] == "SuspendedEV"


def test_meter_values_come_at_the_configured_interval_and_rise(desk: Desk) -> None:
    desk.charge()
    desk.forget()

    desk.run(600)

    if desk.version == "1.6":
        values = [each["meterValue"][0] for each in desk.heard("MeterValues")]
    else:
        values = [each["meterValue"][0] for each in desk.heard("TransactionEvent", triggerReason="MeterValuePeriodic")]
    registers = [float(each["sampledValue"][0]["value"]) for each in values]
    assert len(registers) == 10
    # 7.36 kW for a minute are 122.7 Wh.
    assert {round(after - before) for before, after in itertools.pairwise(registers)} <= {122, 123}


def test_the_books_agree_with_what_was_told(desk: Desk) -> None:
    evse = desk.charge()
    desk.run(3600)
    evse.unplug()
    desk.settle()

    kept = desk.books()
    [start], [stop] = desk.starts(), desk.stops()
    assert kept.true_stop_wh - kept.true_start_wh == pytest.approx(7360, abs=0.1)
    assert kept.stop_acknowledged
    assert desk.stop_reason(stop) == "EVDisconnected"
    if desk.version == "1.6":
        assert stop["meterStop"] - start["meterStart"] == pytest.approx(7360, abs=1)
    else:
        assert [each["seqNo"] for each in desk.heard("TransactionEvent")] == list(
            range(len(desk.heard("TransactionEvent")))
        )


def test_the_same_card_stops_what_it_started_and_another_does_not(desk: Desk) -> None:
    evse = desk.charge()

    evse.present_card(Card("SOMEBODY"))
    goes_on = evse.transaction is not None
    evse.present_card(Card("VAN1"))
    desk.settle()

    assert goes_on
    assert evse.transaction is None
    assert desk.stop_reason(desk.stops()[0]) == "Local"
    assert evse.status == "Finishing"


def test_unplugging_only_suspends_where_the_charger_is_told_so(desk: Desk) -> None:
    desk.charger.settings.change("StopTransactionOnEVSideDisconnect", "false")
    evse = desk.charge()

    evse.unplug()
    away = (evse.status, evse.power_w)
    desk.plug()

    assert away == ("SuspendedEV", 0)
    assert evse.status == "Charging"
    assert desk.stops() == []


def test_a_card_without_a_vehicle_waits_and_then_gives_up(desk: Desk) -> None:
    desk.evse().present_card(Card("VAN1"))
    waiting = desk.evse().status
    desk.run(121)

    assert waiting == "Preparing"
    assert desk.evse().status == "Available"
    desk.plug()
    assert desk.starts() == []


def test_a_card_shown_first_starts_when_the_vehicle_comes(desk: Desk) -> None:
    desk.evse().present_card(Card("VAN1"))
    desk.run(60)
    desk.plug()
    desk.settle()

    assert len(desk.starts()) == 1


def test_a_refused_start_ends_as_deauthorized(desk: Desk) -> None:
    refusal = {"status": "Invalid"}
    desk.answers["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": refusal}
    desk.answers["TransactionEvent"] = lambda told: {"idTokenInfo": refusal} if "idToken" in told else {}

    desk.charge()

    [stop] = desk.stops()
    assert desk.stop_reason(stop) == "DeAuthorized"
    assert desk.books().is_refused


def test_a_refused_start_that_need_not_stop_gets_its_little_energy(desk: Desk) -> None:
    desk.charger.settings.change("StopTransactionOnInvalidId", "false")
    desk.charger.settings.change("MaxEnergyOnInvalidId", "1000")
    desk.answers["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    desk.answers["TransactionEvent"] = lambda told: {"idTokenInfo": {"status": "Blocked"}} if "idToken" in told else {}

    evse = desk.charge()
    desk.run(7200)

    assert evse.transaction is not None
    assert evse.register_wh - evse.transaction.true_start_wh == pytest.approx(1000, abs=1)
    assert evse.status == "SuspendedEVSE"


def test_a_maker_that_authorizes_first_asks_before_it_starts() -> None:
    desk = Desk(manners="chargepoint").connect()
    desk.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Invalid"}}

    desk.charge()

    assert desk.heard("Authorize", idTag="VAN1")
    assert desk.starts() == []


def test_offline_a_known_card_starts_and_is_told_later_with_its_own_time(desk: Desk) -> None:
    desk.charge().unplug()
    desk.settle()
    desk.forget()
    desk.disconnect()
    began = desk.clock.now()

    evse = desk.charge()
    desk.run(1800)
    evse.unplug()
    desk.run(600)
    desk.reconnect()

    [start], [stop] = desk.starts(), desk.stops()
    assert start["timestamp"] == "2026-11-19T16:30:00.000Z"
    assert stop["timestamp"] == "2026-11-19T17:00:00.000Z"
    assert desk.clock.now() - began == 2400
    if desk.version != "1.6":
        assert start["offline"] is True
        assert stop["offline"] is True


def test_offline_an_unknown_card_waits_for_the_link(desk: Desk) -> None:
    desk.disconnect()
    desk.charge()
    nothing = desk.evse().transaction is None

    desk.reconnect()

    assert nothing
    assert len(desk.starts()) == 1


def test_offline_an_unknown_card_may_start_where_that_is_allowed(desk: Desk) -> None:
    desk.charger.settings.change("AllowOfflineTxForUnknownId", "true")
    desk.disconnect()

    desk.charge()

    assert desk.evse().transaction is not None


def test_a_dc_point_tells_its_state_of_charge_and_its_own_side() -> None:
    dc = [{"number": 1, "bay": "D1", "max_w": 50000, "current": "DC", "voltage_v": 680, "max_a": 125}]
    desk = Desk(manners="abb_dc", evses=dc).connect()
    desk.van().plan = VehiclePlan(name="Van 1", id_token="VAN1", max_dc_w=50000)
    desk.charge(soc=0.5)
    desk.run(60)

    [values] = desk.heard("MeterValues")
    samples = {each["measurand"]: each for each in values["meterValue"][0]["sampledValue"]}
    assert samples["SoC"]["unit"] == "Percent"
    assert samples["SoC"]["location"] == "EV"
    assert samples["Voltage"]["value"] == "680"
    assert desk.ids[0] == "36:1"


def test_clock_aligned_values_come_on_the_quarter_of_the_hour(desk: Desk) -> None:
    desk.charger.settings.change("ClockAlignedDataInterval", "900")
    desk.charger.plan_aligned()

    desk.run(1900)

    told = desk.heard("MeterValues")
    assert [each["meterValue"][0]["timestamp"][14:16] for each in told] == ["45", "00"]
    assert told[0]["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"
