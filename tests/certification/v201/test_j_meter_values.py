"""Block J: meter values by the clock and by the sample, at the start, in between and at the end, signed too."""

from chargers.models import Evse
from sessions.models import MeterReading
from tests.certification.cases import case_201
from tests.certification.v201.station import SIGNED, Station, sample
from tests.certification.yard import Yard
from tests.wire import Payload


def clock_values(station: Station, evse: int, wh: int) -> Payload:
    watts = {"value": 7_000, "measurand": "Power.Active.Import", "context": "Sample.Clock"}
    values = {"timestamp": station.now(), "sampledValue": [sample(wh, "Sample.Clock"), watts]}
    return {"evseId": evse, "meterValue": [values]}


async def registers(yard: Yard) -> list[tuple[int | None, str]]:
    session = await yard.session()
    kept = MeterReading.objects.filter(session=session).order_by("at", "pk")
    return [(reading.energy_wh, reading.context) async for reading in kept]


@case_201("TC_J_01")
async def test_values_by_the_clock_are_taken_while_nobody_charges(station: Station, yard: Yard) -> None:
    for evse in (0, 1, 2):
        assert await station.wire.call("MeterValues", clock_values(station, evse, 1_000)) == {}

    evse = await Evse.objects.aget(pk=yard.evses[0].pk)
    assert (evse.power_w, await yard.sessions()) == (7_000, [])
    shown = (await yard.desk.get(f"evses/?charger={yard.identity}"))["results"]
    assert [row["power_w"] for row in shown] == [7_000, 7_000]


@case_201("TC_J_02")
async def test_values_by_the_clock_count_in_the_running_session(station: Station, yard: Yard) -> None:
    await station.charge()
    assert await station.wire.call("MeterValues", clock_values(station, 2, 9_000)) == {}
    await station.meter(1_500, "MeterValueClock", "Sample.Clock")

    session = await yard.session()
    assert (session.energy_wh, session.register_wh) == (1_500, 2_500)
    assert (2_500, "Sample.Clock") in await registers(yard)


async def end_with(station: Station, context: str, **more: Payload) -> None:
    """The curve comes with the end, its last register with the word for it."""
    await station.charge()
    curve = [sample(station.flow(), context, **more), sample(station.flow(), context, **more)]
    await station.status("Available")
    moments = [
        {"timestamp": station.now(), "sampledValue": [one]}
        for one in (*curve, sample(station.wh, "Transaction.End", **more))
    ]
    await station.end("EVCommunicationLost", "EVDisconnected", state="Idle", meterValue=moments)


async def assert_counted(yard: Yard, context: str) -> None:
    session = await yard.session()
    assert (session.energy_wh, session.meter_stop_wh) == (1_000, 2_000)
    assert session.ended_at
    assert {(1_500, context), (2_000, "Transaction.End")} <= set(await registers(yard))
    (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
    assert (shown["energy_kwh"], shown["quality"]) == ("1.000", [])


@case_201("TC_J_03")
async def test_values_by_the_clock_that_come_with_the_end_are_the_session_s_curve(station: Station, yard: Yard) -> None:
    await end_with(station, "Sample.Clock")

    await assert_counted(yard, "Sample.Clock")


@case_201("TC_J_04")
async def test_signed_values_by_the_clock_count_like_others(station: Station, yard: Yard) -> None:
    await end_with(station, "Sample.Clock", signedMeterValue=SIGNED)

    await assert_counted(yard, "Sample.Clock")


@case_201("TC_J_07")
async def test_the_register_that_comes_with_the_cable_is_where_the_session_counts_from(
    station: Station, yard: Yard
) -> None:
    await station.plug_in()

    assert (await yard.session()).meter_start_wh == 1_000


@case_201("TC_J_08")
async def test_the_register_that_comes_after_the_card_is_where_the_session_counts_from(
    station: Station, yard: Yard
) -> None:
    await station.show_card()
    await station.plug_in()
    await station.charge()
    await station.meter()

    session = await yard.session()
    assert (session.energy_wh, session.base_wh) == (500, 1_000)


@case_201("TC_J_09")
async def test_samples_show_in_the_running_session_as_they_come(station: Station, yard: Yard) -> None:
    await station.charge()
    energies = []
    for _ in range(3):
        await station.meter()
        (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
        energies.append(shown["energy_kwh"])

    assert energies == ["0.500", "1.000", "1.500"]


@case_201("TC_J_10")
async def test_samples_that_come_with_the_end_are_the_session_s_curve(station: Station, yard: Yard) -> None:
    await end_with(station, "Sample.Periodic")

    await assert_counted(yard, "Sample.Periodic")


@case_201("TC_J_11")
async def test_signed_samples_count_like_others(station: Station, yard: Yard) -> None:
    await end_with(station, "Sample.Periodic", signedMeterValue=SIGNED)

    await assert_counted(yard, "Sample.Periodic")
