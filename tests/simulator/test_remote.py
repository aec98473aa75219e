"""Starts, stops, resets, reservations and availability asked for by the server, in each version."""

from typing import Any

import pytest

from simulator.transaction import Card
from tests.simulator.desk import Desk
from tests.simulator.yards import VERSIONS


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param, evses=2).connect()


def start(desk: Desk, number: int | None = 1, token: str = "VAN1", **more: Any) -> Any:
    if desk.version == "1.6":
        place = {} if number is None else {"connectorId": number}
        return desk.ask("RemoteStartTransaction", {"idTag": token, **place, **more})
    place = {} if number is None else {"evseId": number}
    asked = {"idToken": {"idToken": token, "type": "Central"}, "remoteStartId": 77, **place, **more}
    return desk.ask("RequestStartTransaction", asked)


def stop(desk: Desk) -> Any:
    transaction = desk.books()
    if desk.version == "1.6":
        return desk.ask("RemoteStopTransaction", {"transactionId": transaction.server_id})
    return desk.ask("RequestStopTransaction", {"transactionId": transaction.key})


def reset(desk: Desk, *, is_hard: bool) -> Any:
    if desk.version == "1.6":
        return desk.ask("Reset", {"type": "Hard" if is_hard else "Soft"})
    return desk.ask("Reset", {"type": "Immediate" if is_hard else "OnIdle"})


def change_availability(desk: Desk, *, is_operative: bool, number: int = 1) -> str:
    word = "Operative" if is_operative else "Inoperative"
    if desk.version == "1.6":
        return str(desk.ask("ChangeAvailability", {"connectorId": number, "type": word})["status"])
    return str(desk.ask("ChangeAvailability", {"operationalStatus": word, "evse": {"id": number}})["status"])


def reserve(desk: Desk, number: int, token: str) -> str:
    until = "2026-11-19T17:30:00Z"
    if desk.version == "1.6":
        asked: dict[str, Any] = {"connectorId": number, "expiryDate": until, "idTag": token, "reservationId": 5}
    else:
        id_token = {"idToken": token, "type": "Central"}
        asked = {"id": 5, "expiryDateTime": until, "idToken": id_token, "evseId": number}
    return str(desk.ask("ReserveNow", asked)["status"])


def test_a_remote_start_begins_at_once_where_a_vehicle_is_plugged(desk: Desk) -> None:
    desk.plug(2)

    answer = start(desk, None)

    [told] = desk.starts()
    assert answer["status"] == "Accepted"
    assert desk.heard("Authorize") == []
    assert desk.evse(2).power_w > 0
    if desk.version != "1.6":
        assert told["triggerReason"] == "RemoteStart"
        assert told["transactionInfo"]["remoteStartId"] == 77


def test_a_remote_start_waits_for_the_vehicle_and_gives_up(desk: Desk) -> None:
    start(desk)
    waiting = desk.evse().status
    desk.run(121)
    desk.plug()

    assert waiting == "Preparing"
    assert desk.starts() == []


def test_a_remote_start_asks_first_where_it_is_told_to(desk: Desk) -> None:
    desk.charger.settings.change("AuthorizeRemoteTxRequests", "true")
    desk.plug()

    start(desk)

    assert len(desk.heard("Authorize")) == 1
    assert len(desk.starts()) == 1


def test_a_busy_or_faulted_evse_refuses_a_remote_start(desk: Desk) -> None:
    desk.charge(1)
    desk.evse(2).fault_code = "GroundFailure"

    assert start(desk, 1)["status"] == "Rejected"
    assert start(desk, 2)["status"] == "Rejected"
    assert start(desk, None)["status"] == "Rejected"


def test_a_remote_stop_ends_the_transaction_and_leaves_the_vehicle(desk: Desk) -> None:
    desk.charge()
    desk.run(60)

    answer = stop(desk)

    assert answer["status"] == "Accepted"
    assert desk.stop_reason(desk.stops()[0]) == "Remote"
    assert desk.evse().status == "Finishing"
    assert desk.evse().power_w == 0


def test_a_stopped_vehicle_may_be_started_again(desk: Desk) -> None:
    desk.charge()
    stop(desk)

    start(desk)

    assert len(desk.starts()) == 2


def test_a_reset_at_once_ends_what_runs_and_boots_again(desk: Desk) -> None:
    desk.charge()
    desk.forget()

    answer = reset(desk, is_hard=True)
    desk.run(30)

    assert answer["status"] == "Accepted"
    assert desk.stop_reason(desk.stops()[0]) == ("HardReset" if desk.version == "1.6" else "ImmediateReset")
    [boot] = desk.heard("BootNotification")
    if desk.version != "1.6":
        assert boot["reason"] == "RemoteReset"


def test_a_hard_16_reset_opens_a_new_socket_and_a_soft_one_keeps_it() -> None:
    hard, soft = Desk("1.6").connect(), Desk("1.6").connect()
    sockets = hard.link, soft.link

    reset(hard, is_hard=True)
    reset(soft, is_hard=False)
    hard.run(30)
    soft.run(30)

    assert hard.link is not sockets[0]
    assert soft.link is sockets[1]
    assert len(soft.heard("BootNotification")) == 2


def test_a_maker_may_leave_a_hard_reset_unanswered() -> None:
    desk = Desk("1.6", manners="abrupt").connect()
    desk.charge()

    answer = reset(desk, is_hard=True)
    desk.run(30)

    # The socket closed on the stop's heels: unacknowledged, it is told again, word for word.
    first, second = desk.stops()
    assert answer is None
    assert first == second
    assert len(desk.heard("BootNotification")) == 2


def test_a_2x_reset_on_idle_waits_for_the_end() -> None:
    desk = Desk("2.0.1").connect()
    evse = desk.charge()

    answer = reset(desk, is_hard=False)
    waits = len(desk.heard("BootNotification")) == 1
    evse.unplug()
    desk.run(10)

    assert answer["status"] == "Scheduled"
    assert waits
    assert desk.heard("BootNotification")[-1]["reason"] == "ScheduledReset"
    assert desk.stop_reason(desk.stops()[0]) == "EVDisconnected"


def test_a_2x_reset_of_one_evse_leaves_the_other_charging() -> None:
    desk = Desk("2.1", evses=2).connect()
    desk.charge(1)
    desk.charge(2)

    desk.ask("Reset", {"type": "Immediate", "evseId": 1})

    assert len(desk.stops()) == 1
    assert desk.evse(2).transaction is not None
    assert len(desk.heard("BootNotification")) == 1


def test_out_of_service_is_scheduled_while_it_charges(desk: Desk) -> None:
    evse = desk.charge()

    status = change_availability(desk, is_operative=False)
    goes_on = evse.power_w > 0
    evse.unplug()

    assert status == "Scheduled"
    assert goes_on
    assert evse.status == "Unavailable"
    assert start(desk)["status"] == "Rejected"


def test_back_in_service_it_is_available(desk: Desk) -> None:
    change_availability(desk, is_operative=False)

    status = change_availability(desk, is_operative=True)

    assert status == "Accepted"
    assert desk.evse().status == "Available"


def test_a_reserved_evse_is_for_one_card_only(desk: Desk) -> None:
    answer = reserve(desk, 1, "VAN1")
    desk.plug(1)
    desk.evse().present_card(Card("VAN2"))
    desk.settle()
    others = len(desk.starts())
    desk.evse().present_card(Card("VAN1"))
    desk.settle()

    assert answer == "Accepted"
    assert others == 0
    [told] = desk.starts()
    assert told["reservationId"] == 5
    assert desk.charger.reservations.held == {}


def test_a_reservation_shows_and_expires(desk: Desk) -> None:
    reserve(desk, 1, "VAN1")
    shown = desk.evse().status

    desk.run(3601)

    assert shown == "Reserved"
    assert desk.evse().status == "Available"


def test_a_reservation_is_cancelled_or_refused(desk: Desk) -> None:
    desk.plug(2)

    assert reserve(desk, 2, "VAN1") == "Occupied"
    assert reserve(desk, 1, "VAN1") == "Accepted"
    assert desk.ask("CancelReservation", {"reservationId": 5})["status"] == "Accepted"
    assert desk.evse().status == "Available"


def test_unlocking_ends_a_16_transaction() -> None:
    desk = Desk("1.6").connect()
    desk.charge()

    answer = desk.ask("UnlockConnector", {"connectorId": 1})

    assert answer["status"] == "Unlocked"
    assert desk.stop_reason(desk.stops()[0]) == "UnlockCommand"


def test_unlocking_is_refused_in_2x_while_it_charges() -> None:
    desk = Desk("2.0.1").connect()
    desk.charge()

    answer = desk.ask("UnlockConnector", {"evseId": 1, "connectorId": 1})

    assert answer["status"] == "OngoingAuthorizedTransaction"
