"""A recording told again: through the same dialects and handlers, booked when it happened."""

from pathlib import Path

import orjson
import pytest

from billing.models import Transaction
from chargers.events import token_key
from depot.replay import BadRecording, replay
from sessions.models import IdToken, Session, Vehicle
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def frame(at: str, action: str, payload: dict[str, object], answer: dict[str, object] | None = None) -> bytes:
    return orjson.dumps(
        {
            "at": at,
            "charger": "CP-1",
            "version": "1.6",
            "frame": [2, "1", action, payload],
            "answer": [3, "1", answer or {}],
        }
    )


def one_charge(number: int, day: str) -> list[bytes]:
    start = {"connectorId": 1, "idTag": "VAN12", "meterStart": 1000, "timestamp": f"{day}T18:00:00Z"}
    sample = {"value": "3000", "measurand": "Energy.Active.Import.Register"}
    meter = {
        "connectorId": 1,
        "transactionId": number,
        "meterValue": [{"timestamp": f"{day}T18:30:00Z", "sampledValue": [sample]}],
    }
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": f"{day}T19:00:00Z"}
    return [
        frame(
            f"{day}T18:00:00Z",
            "StartTransaction",
            start,
            {"transactionId": number, "idTagInfo": {"status": "Accepted"}},
        ),
        frame(f"{day}T18:30:00Z", "MeterValues", meter),
        frame(f"{day}T19:00:00Z", "StopTransaction", stop),
    ]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    depot = make_depot()
    evse = make_evse(make_charger("CP-1", online=False))
    make_bay(depot, evse=evse)
    van = Vehicle.objects.create(unit_number="Van 12", created_at=THURSDAY)
    IdToken.objects.create(value="VAN12", key=token_key("VAN12"), vehicle=van, created_at=THURSDAY)
    return tmp_path / "frames.jsonl"


def test_the_charges_of_a_recording_are_booked_on_their_own_days(recording: Path) -> None:
    recording.write_bytes(b"\n".join([*one_charge(7, "2026-02-02"), *one_charge(8, "2026-02-03")]))

    tally = replay(recording)

    booked = list(Transaction.objects.order_by("seq").values_list("energy_wh", "booked_on"))
    assert (tally.told, tally.settled) == (6, 2)
    assert [(wh, str(day)) for wh, day in booked] == [(4000, "2026-02-02"), (4000, "2026-02-03")]


def test_a_charge_without_an_end_is_left_out(recording: Path) -> None:
    recording.write_bytes(b"\n".join(one_charge(7, "2026-02-02")[:2]))

    tally = replay(recording)

    assert (tally.told, tally.left_out, Session.objects.count()) == (0, 2, 0)


def test_a_line_that_is_no_frame_is_named(recording: Path) -> None:
    recording.write_bytes(one_charge(7, "2026-02-02")[0] + b"\nnonsense")

    with pytest.raises(BadRecording, match="line 2"):
        replay(recording)
