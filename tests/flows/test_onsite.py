"""What only 2.1 has, over a real socket: told by the charger or asked of it, and read over REST."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from billing.models import Tariff
from chargers.models import Charger, IssuedCommand
from depot.notices.models import Notice
from depot.onsite.costs import tell_costs
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import Speaker2x
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Payload, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
AT = "2026-03-05T16:30:00Z"
STREAM: Payload = {"id": 7, "variableMonitoringId": 3, "params": {"interval": 60, "values": 10}}
CARD: Payload = {"idToken": "VAN12", "type": "ISO14443"}
BATTERY: Payload = {"evseId": 1, "serialNumber": "B-1", "soC": 12, "soH": 91}


@pytest.fixture
async def charger(live_depot: LiveDepot, scene: Scene) -> AsyncIterator[Speaker2x]:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.1",)) as wire:
        told = Speaker2x(wire, "ocpp2.1")
        await told.boot()
        yield told


@pytest.fixture
def client(scene: Scene) -> APIClient:
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


@pytest.fixture
def shown(client: APIClient) -> Callable[[str], Awaitable[list[Payload]]]:
    async def read(path: str) -> list[Payload]:
        rows: list[Payload] = (await sync_to_async(client.get)(f"/api/v1/{path}/?charger=CP-A01")).json()["results"]
        return rows

    return read


@pytest.fixture
def ask(client: APIClient) -> Callable[..., Awaitable[Payload]]:
    """Ask an operation over REST; the command, once the charger's answer is kept."""

    async def asked(operation: str, body: Payload | None = None) -> Payload:
        response = await sync_to_async(client.post)(f"/api/v1/chargers/CP-A01/{operation}/", body or {}, format="json")
        assert response.status_code == 201, response.json()
        number = response.json()["id"]

        async def is_kept() -> bool:
            return await IssuedCommand.objects.filter(pk=number, answered_at__isnull=False).aexists()

        await until(is_kept)
        command: Payload = (await sync_to_async(client.get)(f"/api/v1/commands/{number}/")).json()
        return command

    return asked


Shown = Callable[[str], Awaitable[list[Payload]]]
Ask = Callable[..., Awaitable[Payload]]


# Streams (N11-N15)


async def test_a_stream_opens_flows_and_closes(charger: Speaker2x, shown: Shown) -> None:
    answer = await charger.wire.call("OpenPeriodicEventStream", {"constantStreamData": STREAM})
    flow = {"id": 7, "pending": 1, "basetime": AT, "data": [{"t": 0, "v": "21.5"}, {"t": 30, "v": "22.0"}]}
    await charger.wire.say([6, "s1", "NotifyPeriodicEventStream", flow])
    await charger.wire.call("Heartbeat")  # what came before it on the socket is stored before it is answered
    (stream,) = await shown("event-streams")
    values = await shown("stream-values")

    await charger.wire.call("ClosePeriodicEventStream", {"id": 7})

    assert answer == {"status": "Accepted"}
    assert (stream["opened_at"], stream["interval_s"], stream["monitor_id"], stream["value_count"]) == (AT, 60, 3, 2)
    assert (stream["last_value"], stream["pending"], stream["closed_at"]) == ("22.0", 1, None)
    assert sorted((one["at"], one["value"]) for one in values) == [
        ("2026-03-05T16:30:00Z", "21.5"),
        ("2026-03-05T16:30:30Z", "22.0"),
    ]
    assert (await shown("event-streams"))[0]["closed_at"] is not None


async def test_nobody_answers_what_a_stream_brings(charger: Speaker2x) -> None:
    flow = {"id": 7, "pending": 0, "basetime": AT, "data": [{"t": 0, "v": "1"}]}
    await charger.wire.say([6, "s1", "NotifyPeriodicEventStream", flow])

    await charger.wire.call("Heartbeat")

    assert charger.wire.frames.empty()


async def test_an_adjusted_stream_shows_its_new_terms(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await charger.wire.call("OpenPeriodicEventStream", {"constantStreamData": STREAM})

    command = await ask("adjust-stream", {"number": 7, "interval_s": 15})

    assert (await charger.wire.is_asked("AdjustPeriodicEventStream")) == {"id": 7, "params": {"interval": 15}}
    (stream,) = await shown("event-streams")
    assert (command["status"], stream["interval_s"], stream["values_at_once"]) == ("Accepted", 15, 10)


async def test_the_streams_that_are_listed_are_those_that_are_open(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await charger.wire.call("OpenPeriodicEventStream", {"constantStreamData": STREAM})
    charger.wire.answers["GetPeriodicEventStream"] = {"constantStreamData": [{**STREAM, "id": 8}]}

    await ask("read-streams")

    streams = {one["number"]: one["closed_at"] is None for one in await shown("event-streams")}
    assert streams == {7: False, 8: True}


# The grid (R, Q08, K21, Q02, K28)


async def test_a_grid_rule_that_was_taken_shows_and_goes(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    rule = {"rule_id": "cap", "rule": "LimitMaxDischarge", "settings": {"priority": 0, "pctMaxDischargePower": 50}}
    await ask("set-grid-rule", rule)
    (taken,) = await shown("grid-rules")

    await ask("clear-grid-rules", {"rule_id": "cap"})

    asked = await charger.wire.is_asked("SetDERControl")
    assert asked["limitMaxDischarge"] == {"priority": 0, "pctMaxDischargePower": 50}
    assert (taken["rule_id"], taken["kind"], taken["settings"]["pctMaxDischargePower"]) == (
        "cap",
        "LimitMaxDischarge",
        50,
    )
    assert await shown("grid-rules") == []


async def test_a_grid_rule_that_was_refused_does_not_show(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    charger.wire.answers["SetDERControl"] = {"status": "NotSupported"}

    command = await ask(
        "set-grid-rule",
        {"rule_id": "a", "rule": "FixedVar", "settings": {"priority": 0, "setpoint": 1, "unit": "PctMaxVar"}},
    )

    assert (command["state"], command["status"]) == ("rejected", "NotSupported")
    assert await shown("grid-rules") == []


async def test_reported_grid_rules_show(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    curve = {"curveData": [{"x": 100, "y": 0}], "priority": 1, "yUnit": "PctMaxW"}
    held = {"id": "vw", "curveType": "VoltWatt", "curve": curve, "isDefault": False, "isSuperseded": True}
    await ask("report-grid-rules", {})
    number = (await charger.wire.is_asked("GetDERControl"))["requestId"]

    await charger.wire.call("ReportDERControl", {"requestId": number, "curve": [held]})

    (rule,) = await shown("grid-rules")
    assert (rule["kind"], rule["is_default"], rule["is_superseded"]) == ("VoltWatt", False, True)
    assert (rule["settings"], rule["reported_at"]) == (curve, AT)


async def test_a_grid_rule_that_begins_shows_since_when(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask(
        "set-grid-rule",
        {"rule_id": "g", "rule": "Gradients", "settings": {"priority": 0, "gradient": 10, "softGradient": 5}},
    )

    await charger.wire.call("NotifyDERStartStop", {"controlId": "g", "started": True, "timestamp": AT})

    assert (await shown("grid-rules"))[0]["started_at"] == AT


async def test_a_grid_alarm_shows_until_it_ends(charger: Speaker2x, shown: Shown) -> None:
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": AT}
    await charger.wire.call("NotifyDERAlarm", alarm)
    (begun,) = await shown("grid-alarms")

    await charger.wire.call("NotifyDERAlarm", {**alarm, "alarmEnded": True, "timestamp": "2026-03-05T16:40:00Z"})

    (ended,) = await shown("grid-alarms")
    assert (begun["fault"], begun["ended_at"], ended["ended_at"]) == ("OverVoltage", None, "2026-03-05T16:40:00Z")
    assert await Notice.objects.filter(kind="charger.grid_alarm").acount() == 1


async def test_the_reserve_signal_that_it_follows_shows(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask("send-reserve-signal", {"signal": -40, "at": AT})

    assert [(one["signal"], one["at"]) for one in await shown("reserve-signals")] == [(-40, AT)]


async def test_who_charges_first_shows(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask("use-priority", {"reference": "tx-1"})
    (first,) = await shown("charge-terms")

    await charger.wire.call("NotifyPriorityCharging", {"transactionId": "tx-1", "activated": False})

    assert (first["reference"], first["is_first"]) == ("tx-1", True)
    assert (await shown("charge-terms"))[0]["is_first"] is False


async def test_the_ways_that_energy_may_flow_show(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask("allow-transfer", {"reference": "tx-1", "modes": ["DC", "DC_BPT"]})

    assert (await shown("charge-terms"))[0]["transfer_modes"] == ["DC", "DC_BPT"]


async def test_a_dynamic_limit_is_given_when_it_is_asked_for(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask("update-dynamic-schedule", {"profile_id": 5, "setpoint": -4000})

    pulled = await charger.wire.call("PullDynamicScheduleUpdate", {"chargingProfileId": 5})

    (limit,) = await shown("dynamic-limits")
    assert pulled == {"status": "Accepted", "scheduleUpdate": {"setpoint": -4000.0}}
    assert limit["rates"]["setpoint"] == -4000.0
    assert limit["asked_at"] is not None


async def test_a_profile_that_is_not_ours_is_given_nothing(charger: Speaker2x) -> None:
    pulled = await charger.wire.call("PullDynamicScheduleUpdate", {"chargingProfileId": 99})

    assert pulled == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfileId"}}


# Swaps (S02, S03)


async def test_a_swap_shows_its_batteries(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    await ask("request-swap", {"token": "VAN12"})
    number = (await charger.wire.is_asked("RequestBatterySwap"))["requestId"]
    for step, battery in (("BatteryIn", BATTERY), ("BatteryOut", {**BATTERY, "serialNumber": "B-2", "soC": 96})):
        told = {"eventType": step, "requestId": number, "idToken": CARD, "batteryData": [battery]}

        await charger.wire.call("BatterySwap", told)

    (swap,) = await shown("battery-swaps")
    assert (swap["request_id"], swap["step"]) == (number, "BatteryOut")
    assert [(one["serial"], one["soc_percent"]) for one in swap["batteries"]] == [("B-1", 12.0), ("B-2", 96.0)]


# Money (I07-I12, C18-C25)


async def test_a_tariff_that_it_counts_by_shows_and_goes(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    tariff = await Tariff.objects.aget()
    charger.wire.answers["ClearTariffs"] = {"clearTariffsResult": [{"tariffId": "Flat 1", "status": "Accepted"}]}
    await ask("give-default-tariff", {"tariff": tariff.pk})
    (held,) = await shown("held-tariffs")
    charger.wire.answers["ClearTariffs"] = {
        "clearTariffsResult": [{"tariffId": held["tariff_id"], "status": "Accepted"}]
    }

    await ask("clear-tariffs", {"tariff_ids": [held["tariff_id"]]})

    asked = (await charger.wire.is_asked("SetDefaultTariff"))["tariff"]
    assert (asked["currency"], asked["energy"]) == ("EUR", {"prices": [{"priceKwh": 0.3}]})
    assert (held["use"], held["evse_number"], held["tariff_id"]) == ("DefaultTariff", 0, asked["tariffId"])
    assert await shown("held-tariffs") == []


async def test_the_tariffs_that_it_lists_show(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    listed = [{"tariffId": "old", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}]
    charger.wire.answers["GetTariffs"] = {"status": "Accepted", "tariffAssignments": listed}

    await ask("read-tariffs")

    listed_now = [(one["tariff_id"], one["evse_number"], one["listed_at"]) for one in await shown("held-tariffs")]
    assert sorted(listed_now) == [("old", 1, AT), ("old", 2, AT)]


async def test_the_tariff_of_one_charge_shows(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    tariff = await Tariff.objects.aget()

    await ask("change-transaction-tariff", {"tariff": tariff.pk, "reference": "tx-1"})

    (held,) = await shown("held-tariffs")
    assert (held["use"], held["reference"]) == ("DriverTariff", "tx-1")


async def test_a_tariff_by_months_is_not_given_half(charger: Speaker2x, client: APIClient) -> None:
    tariff = await Tariff.objects.aget()
    await Tariff.objects.aupdate(periods=[{"months": [6, 7], "price_per_kwh": "0.10"}])

    response = await sync_to_async(client.post)(
        "/api/v1/chargers/CP-A01/give-default-tariff/", {"tariff": tariff.pk}, format="json"
    )

    assert response.status_code == 400
    assert "by month" in str(response.json())
    assert [action for action, _ in charger.wire.asked if action == "SetDefaultTariff"] == []


async def test_what_a_charge_costs_is_answered_and_what_the_charger_counted_is_kept(
    charger: Speaker2x, shown: Shown
) -> None:
    await charger.start("VAN12", at=THURSDAY - timedelta(hours=1), wh=1_000)
    counted = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 2.4, "inclTax": 2.86}},
        "totalUsage": {"energy": 8000, "chargingTime": 3600, "idleTime": 0},
    }

    answer = await charger._event(
        "Ended",
        "StopAuthorized",
        THURSDAY,
        {"stoppedReason": "Local", "tariffId": "Flat 1"},
        meterValue=charger._register(THURSDAY, 9_000, context="Transaction.End"),
        costDetails=counted,
    )

    (cost,) = await shown("charge-costs")
    assert answer["totalCost"] == 2.4
    assert (cost["tariff_id"], cost["counted_with_tax"], cost["counted_energy_wh"]) == ("Flat 1", "2.86000", 8000)
    assert cost["told_total"] == "2.40000"


async def test_a_settled_payment_shows_and_gets_a_receipt(charger: Speaker2x, shown: Shown) -> None:
    told = {
        "pspRef": "psp-1",
        "status": "Settled",
        "settlementAmount": 12.35,
        "settlementTime": AT,
        "transactionId": "tx-1",
    }

    answer = await charger.wire.call("NotifySettlement", told)
    again = await charger.wire.call("NotifySettlement", told)

    (row,) = await shown("settlements")
    assert (row["state"], row["amount"], row["reference"]) == ("Settled", "12.35000", "tx-1")
    assert answer == again == {"receiptId": row["receipt_number"]}


async def test_a_payment_that_failed_is_told_of(charger: Speaker2x, shown: Shown) -> None:
    told = {"pspRef": "psp-1", "status": "Failed", "settlementAmount": 12.35, "settlementTime": AT}

    answer = await charger.wire.call("NotifySettlement", told)

    assert answer == {}
    assert (await shown("settlements"))[0]["state"] == "Failed"
    assert await Notice.objects.filter(kind="charger.payment_not_settled").acount() == 1


@pytest.mark.parametrize(
    ("number", "status", "verdict"),
    [
        ("DE136695976", "Accepted", "well_formed"),
        ("DE136695975", "Rejected", "malformed"),
        ("US123456789", "Rejected", "unknown"),
    ],
)
async def test_a_vat_number_shows_what_was_thought_of_it(
    charger: Speaker2x, shown: Shown, number: str, status: str, verdict: str
) -> None:
    answer = await charger.wire.call("VatNumberValidation", {"vatNumber": number, "evseId": 1})

    assert (answer["status"], answer["vatNumber"], answer["evseId"]) == (status, number, 1)
    assert [(one["vat_number"], one["verdict"]) for one in await shown("vat-checks")] == [(number, verdict)]


async def test_an_evse_that_waits_for_a_payment_shows(charger: Speaker2x, ask: Ask, shown: Shown) -> None:
    charger.wire.answers["NotifyWebPaymentStarted"] = {}

    await ask("await-web-payment", {"evse": 1, "timeout_s": 90})

    waiting = [(one["evse_number"], one["until"]) for one in await shown("web-payments")]
    assert waiting == [(1, "2026-03-05T16:31:30Z")]


# A charge's cost on the display while it runs (I02)


async def test_what_a_charge_has_come_to_is_told_while_it_runs(charger: Speaker2x, scene: Scene, shown: Shown) -> None:
    def switch_on() -> None:
        scene.charger.settings.create(
            component="TariffCostCtrlr",
            variable="Enabled",
            variable_instance="Cost",
            value="true",
            reported_at=THURSDAY,
        )
        Charger.objects.update(automation_on=True)

    await sync_to_async(switch_on)()
    charger.wire.answers["CostUpdated"] = {}
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    await charger.meter(at=THURSDAY + timedelta(minutes=10), wh=3_000)

    await sync_to_async(tell_costs)(THURSDAY + timedelta(minutes=10))

    asked = await charger.wire.is_asked("CostUpdated")
    assert asked == {"totalCost": 0.6, "transactionId": charger.reference}

    async def is_kept() -> bool:
        return [cost["told_total"] for cost in await shown("charge-costs")] == ["0.60000"]

    await until(is_kept)
