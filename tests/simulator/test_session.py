"""A charging session over a real WebSocket, in each version."""

import pytest

from simulator.transaction import Card
from tests.simulator.server import AcceptAll
from tests.simulator.yards import VERSIONS, make_yard, running


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_session_is_told_from_plug_to_unplug(server: AcceptAll, version: str) -> None:
    start, stop = ("StartTransaction", "StopTransaction") if version == "1.6" else ("TransactionEvent",) * 2

    async with running(make_yard(version), server.url) as runner:
        await server.until(lambda: server.heard("StatusNotification"))
        evse = runner.world.chargers["CP1"].evses[0]
        evse.plug_in(runner.world.vehicles["Van 1"])
        runner.world.vehicles["Van 1"].soc = 0.2
        evse.present_card(Card("VAN1"))
        samples = "MeterValues" if version == "1.6" else "TransactionEvent"
        await server.until(lambda: len(server.heard(samples)) >= 5)
        evse.unplug()
        await server.until(
            lambda: (
                server.heard(stop) and server.told[-1].action == "StatusNotification"
                if version == "1.6"
                else server.heard(stop, eventType="Ended")
            )
        )
        [books] = runner.world.books.transactions.values()
        await server.until(lambda: books.stop_acknowledged)

    [started] = server.heard(start) if version == "1.6" else server.heard(start, eventType="Started")
    [ended] = server.heard(stop) if version == "1.6" else server.heard(stop, eventType="Ended")
    assert books.true_stop_wh is not None
    true_wh = books.true_stop_wh - books.true_start_wh
    assert true_wh > 0
    if version == "1.6":
        assert ended.payload["meterStop"] - started.payload["meterStart"] == pytest.approx(true_wh, abs=1)
    else:
        begin, end = (each.payload["meterValue"][0]["sampledValue"][0]["value"] for each in (started, ended))
        assert end - begin == pytest.approx(true_wh, abs=1)
