"""What is known of one charger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers.choices import ConnectorStatus, Direction, Standing, Trust
from chargers.models import Capability, Charger, Connection, Connector, Evse, Oddity, TracedCall, UnreadFact
from chargers.quirks import quarantine_of
from depot.access.models import AuditEntry, Role
from depot.models import Bay, Depot
from depot.yard.queries.overview import clock_words, losses_of
from tests.factories import (
    THURSDAY,
    connect,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)
from tests.yard.reading import flash, post, signed_in, words

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def page_of(client: Client, charger: Charger) -> str:
    return words(client.get(f"/chargers/{charger.pk}/"))


def test_an_outlet_says_vehicle_power_and_session(browser: Client, bay: Bay, charger: Charger) -> None:
    set_status(bay, ConnectorStatus.CHARGING)
    make_session(bay, make_vehicle("Van 131"), soc_percent=62.0)

    page = page_of(browser, charger)

    assert "Van 131" in page
    assert "7.1 kW" in page
    assert "12.4 kWh" in page
    assert "62 %, from the vehicle" in page


def test_without_contact_the_last_state_is_told_as_what_was(browser: Client, depot: Depot) -> None:
    charger = make_charger("OFF-1", online=False)
    bay = make_bay(depot, evse=make_evse(charger, status="charging"))
    make_session(bay, make_vehicle("Van 131"))

    page = page_of(browser, charger)

    assert "No contact" in page
    assert "was 7.1 kW" in page
    assert "has never called" in page


def test_an_unknown_power_is_not_zero(browser: Client, bay: Bay, charger: Charger) -> None:
    make_session(bay, make_vehicle(), power_w=None)

    assert "Power now\nunknown" in page_of(browser, charger)


def test_both_outlets_of_a_charger_are_shown(browser: Client, depot: Depot) -> None:
    charger = make_charger("ABB-1")
    for number in (1, 2):
        make_bay(depot, f"D{number}", evse=make_evse(charger, number))

    page = page_of(browser, charger)

    assert "bays D1, D2" in page
    assert "EVSE 1" in page
    assert "EVSE 2" in page


def test_a_fault_is_said_in_the_charger_s_words(browser: Client, bay: Bay, charger: Charger) -> None:
    Connector.objects.filter(evse=bay.evse).update(
        status=ConnectorStatus.FAULTED, error_code="GroundFailure", info="RCD tripped"
    )

    assert "GroundFailure, RCD tripped" in page_of(browser, charger)


def test_a_charger_that_anyone_may_be_is_warned_of(browser: Client, bay: Bay, charger: Charger) -> None:
    Charger.objects.filter(pk=charger.pk).update(trust=Trust.NOTHING)

    assert "nothing: whoever uses its name is it" in page_of(browser, charger)


def test_what_was_repaired_and_shown_and_not_understood_is_told(browser: Client, bay: Bay, charger: Charger) -> None:
    Oddity.objects.create(
        charger=charger, firmware="4.2.4", kind="time without zone", count=212, first_at=NOON, last_at=NOON
    )
    Capability.objects.create(
        charger=charger, name="restarts_without_replug", value="yes", evidence="seen on Monday", seen_at=NOON
    )
    UnreadFact.objects.create(
        charger=charger, action="StopTransaction", payload={}, heard_at=NOON, why="KeyError('meterStop')"
    )

    page = page_of(browser, charger)

    assert "time without zone · 212 ×" in page
    assert "Start again without replug" in page
    assert "1 message kept" in page
    assert "KeyError('meterStop')" in page


def test_what_is_known_of_a_model_is_told_with_its_evidence(browser: Client, bay: Bay, charger: Charger) -> None:
    Charger.objects.filter(pk=charger.pk).update(vendor="ABB", model="MD_TERRA_53")

    page = page_of(browser, charger)

    assert "Follow a limit\nno\nKnown of this model: another system treats it so" in page
    assert "Known of ABB Terra 53" in page


def test_what_it_has_shown_outranks_what_is_known_of_its_model(browser: Client, bay: Bay, charger: Charger) -> None:
    Charger.objects.filter(pk=charger.pk).update(vendor="ABB", model="MD_TERRA_53")
    Capability.objects.create(
        charger=charger, name="smart_charging", value="yes", evidence="took one on Monday", firmware="1.0", seen_at=NOON
    )

    page = page_of(browser, charger)

    assert "Follow a limit\nyes\ntook one on Monday with firmware 1.0, now 4.2.4" in page


def test_whom_limits_throw_off_the_line_is_said_not_to_follow_them_and_why(
    browser: Client, bay: Bay, charger: Charger
) -> None:
    Capability.objects.create(
        charger=charger, name=quarantine_of("SetChargingProfile"), value="yes", evidence="its link broke twice",
        firmware=charger.firmware, seen_at=NOON,
    )  # fmt: skip

    page = browser.get(f"/chargers/{charger.pk}/").content.decode()

    assert page.count("its link broke twice") == 2  # of limits, and of being asked that
    assert "Known of this model: <" not in page


def test_an_action_that_broke_the_link_twice_is_not_asked_any_more(browser: Client, bay: Bay, charger: Charger) -> None:
    Capability.objects.create(
        charger=charger, name=quarantine_of("GetConfiguration"), value="yes", evidence="the link broke", seen_at=NOON
    )

    assert "Be asked GetConfiguration\nnot any more" in page_of(browser, charger)


def test_a_capability_that_cannot_be_read_is_shown_as_it_stands(browser: Client, bay: Bay, charger: Charger) -> None:
    Capability.objects.create(charger=charger, name="smart_charging", value="perhaps", evidence="?", seen_at=NOON)

    assert "Smart charging\nperhaps" in page_of(browser, charger)


def test_a_viewer_sees_the_state_and_no_button(bay: Bay, charger: Charger) -> None:
    viewer = signed_in(make_user("vera", Role.VIEWER))

    response = viewer.get(f"/chargers/{charger.pk}/")

    assert b'<form method="post" action="/chargers/' not in response.content
    assert "Messages" not in words(response)
    assert "Free" in words(response)


def test_a_charger_of_another_depot_does_not_exist(bay: Bay, charger: Charger) -> None:
    engineer = signed_in(make_user("eva", Role.ENGINEER, depots=[make_depot("Elsewhere")]))

    for part in ("", "messages/", "commands/", "configuration/", "connect/", "edit/", "delete/"):
        assert engineer.get(f"/chargers/{charger.pk}/{part}").status_code == 404


def test_the_page_costs_a_bounded_number_of_queries(
    browser: Client, depot: Depot, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    charger = make_charger("BIG-1")
    for number in range(1, 9):
        make_session(make_bay(depot, evse=make_evse(charger, number)), make_vehicle())
    for _ in range(20):
        make_command(charger)

    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        browser.get(f"/chargers/{charger.pk}/")


# Its link


def socket(charger: Charger, opened: datetime, closed: datetime | None) -> Connection:
    return connect(charger, opened_at=opened, closed_at=closed, last_frame_at=closed or opened)


def test_times_without_a_socket_are_counted_as_losses(charger: Charger) -> None:
    Connection.objects.all().delete()
    socket(charger, NOON - timedelta(days=3), NOON - timedelta(days=2))
    socket(charger, NOON - timedelta(days=2) + timedelta(minutes=8), NOON - timedelta(days=1))
    socket(charger, NOON - timedelta(days=1) + timedelta(minutes=3), None)

    losses = losses_of(charger, NOON)

    assert (losses.times, losses.span) == (2, timedelta(minutes=11))


def test_a_newer_socket_that_overlaps_the_older_one_is_no_loss(charger: Charger) -> None:
    Connection.objects.all().delete()
    socket(charger, NOON - timedelta(days=3), NOON - timedelta(days=1))
    socket(charger, NOON - timedelta(days=2), None)

    assert losses_of(charger, NOON).times == 0


def test_a_loss_that_goes_on_counts_until_now(charger: Charger) -> None:
    Connection.objects.all().delete()
    socket(charger, NOON - timedelta(days=2), NOON - timedelta(hours=1))

    assert losses_of(charger, NOON).span == timedelta(hours=1)


def test_a_charger_that_never_called_lost_nothing(charger: Charger) -> None:
    Connection.objects.all().delete()

    assert losses_of(charger, NOON).times == 0


@pytest.mark.parametrize(
    ("offset_s", "said"),
    [
        (None, "not known"),
        (0.4, "in step with ours"),
        (-75, "75 s behind ours"),
        (300, "5 min ahead of ours"),
        (-18_000, "5 h behind ours"),
    ],
)
def test_the_clock_is_told_in_words(offset_s: float | None, said: str) -> None:
    assert clock_words(offset_s) == said


def test_how_fast_it_answers_is_told(browser: Client, bay: Bay, charger: Charger) -> None:
    for delay_ms in (300, 400, 1900):
        TracedCall.objects.create(
            charger=charger, at=NOON, direction=Direction.OUT, action="Reset", message_id="1", request="{}",
            answer="{}", delay_ms=delay_ms,
        )  # fmt: skip

    assert "400 ms usual, 1.9 s worst" in page_of(browser, charger)


# Switches, name, delete


@pytest.mark.parametrize(
    ("address", "field"), [("automation", "automation_on"), ("energy-management", "energy_management_on")]
)
def test_a_switch_is_turned_and_noted(browser: Client, bay: Bay, charger: Charger, address: str, field: str) -> None:
    post(browser, f"/chargers/{charger.pk}/{address}/", on="0")
    charger.refresh_from_db()
    was_off = not getattr(charger, field)

    post(browser, f"/chargers/{charger.pk}/{address}/", on="1")
    charger.refresh_from_db()

    assert was_off
    assert getattr(charger, field)
    assert AuditEntry.objects.filter(subject=str(charger)).count() == 2


def test_a_name_and_a_version_are_given(browser: Client, bay: Bay, charger: Charger) -> None:
    post(browser, f"/chargers/{charger.pk}/edit/", name="At the gate", pinned_protocol="ocpp1.6")

    charger.refresh_from_db()
    assert (charger.name, charger.pinned_protocol) == ("At the gate", "ocpp1.6")


def test_a_charger_is_deleted_with_what_it_said(browser: Client, bay: Bay, charger: Charger) -> None:
    make_command(charger)

    response = post(browser, f"/chargers/{charger.pk}/delete/")

    bay.refresh_from_db()
    assert "CP-A07 is deleted" in flash(response)
    assert not Charger.objects.exists()
    assert not Evse.objects.exists()
    assert bay.evse is None
    assert AuditEntry.objects.get(act="deleted charger").detail == {"identity": "CP-A07"}


def test_a_charger_whose_sessions_are_in_the_books_stays(browser: Client, bay: Bay, charger: Charger) -> None:
    make_session(bay)

    response = post(browser, f"/chargers/{charger.pk}/delete/")

    assert "1 session in the books came from it" in flash(response)
    assert Charger.objects.filter(pk=charger.pk).exists()
    assert not AuditEntry.objects.filter(act="deleted charger").exists()


def test_the_page_of_a_waiting_charger_says_so(browser: Client, depot: Depot) -> None:
    charger = make_charger("STRANGER", standing=Standing.WAITING, created_at=THURSDAY)

    page = page_of(browser, charger)

    assert "It waits to be let in" in page
    assert "Adopt or refuse it" in page
