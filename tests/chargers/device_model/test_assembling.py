"""Reports from their parts: out of order, told twice, under a number that was used before."""

from datetime import UTC, datetime

import pytest

from chargers.device_model.models import PendingPart, Report
from chargers.device_model.services import promise_report, take_part
from chargers.device_model.services.assembling import PARTS_AT_MOST, Assembled
from chargers.events import ReportKind, ReportPromised
from chargers.models import Charger
from tests.factories import make_charger

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def charger() -> Charger:
    return make_charger(protocol="ocpp2.0.1")


def part(charger: Charger, content: str, sequence: int | None, *, more: bool = False) -> Assembled | None:
    return take_part(charger, ReportKind.CUSTOMER, 7, content, sequence=sequence, more=more, items=1, now=NOON)


def test_parts_are_put_together_in_their_order_whatever_the_order_they_came_in(charger: Charger) -> None:
    last, first = part(charger, "c", 2), part(charger, "a", 0, more=True)

    whole = part(charger, "b", 1, more=True)

    assert (last, first) == (None, None)
    assert whole is not None
    assert whole.contents == ["a", "b", "c"]
    assert not PendingPart.objects.exists()


def test_what_is_missing_is_said(charger: Charger) -> None:
    part(charger, "d", 3)
    part(charger, "b", 1, more=True)

    assert Report.objects.get().missing == [0, 2]


def test_a_part_told_twice_is_one_part(charger: Charger) -> None:
    for _ in range(2):
        part(charger, "a", 0, more=True)

    whole = part(charger, "b", 1)

    assert whole is not None
    assert whole.contents == ["a", "b"]
    assert whole.report.items == 2


def test_a_last_part_told_again_is_no_new_report(charger: Charger) -> None:
    whole = part(charger, "a", 0)

    again = part(charger, "a", 0)

    assert whole is not None
    assert again is None
    assert Report.objects.get().state == "complete"


def test_a_number_that_is_used_again_begins_another_report(charger: Charger) -> None:
    part(charger, "a", 0, more=True)
    part(charger, "b", 1)

    half = part(charger, "x", 0, more=True)
    whole = part(charger, "y", 1)

    assert half is None
    assert whole is not None
    assert whole.contents == ["x", "y"]


def test_parts_without_numbers_count_as_they_come_and_a_repeated_one_only_once(charger: Charger) -> None:
    for _ in range(2):
        part(charger, "a", None, more=True)

    whole = part(charger, "b", None)

    assert whole is not None
    assert whole.contents == ["a", "b"]


def test_a_part_beyond_all_reason_is_not_kept(charger: Charger) -> None:
    assert part(charger, "z", PARTS_AT_MOST) is None
    assert not PendingPart.objects.exists()


def test_parts_may_overtake_the_promise_of_their_report(charger: Charger) -> None:
    part(charger, "a", 0)

    promise = ReportPromised(kind=ReportKind.CUSTOMER, request_id=7, is_everything=True)
    report = promise_report(charger, promise, now=NOON)

    assert (report.state, report.is_everything) == ("complete", True)


def test_where_there_is_nothing_to_tell_the_report_is_over(charger: Charger) -> None:
    promise = ReportPromised(kind=ReportKind.MONITORS, request_id=7, is_empty=True)

    assert promise_report(charger, promise, now=NOON).state == "empty"
