import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from billing.models import FeedReader, Transaction
from billing.queries import readers
from billing.services import correct_session, feed_head, jump_after_restore, settle_session
from depot.access.models import Role, User
from depot.models import Depot
from sessions.models import Session
from tests.billing.yard import NOW, PEAK, ended_session, manager, readings, tariff, van
from tests.conftest import BusinessTime

pytestmark = pytest.mark.django_db

FEED = "/api/v1/transactions/"


@pytest.fixture(autouse=True)
def _evening(business_time: BusinessTime) -> None:
    business_time.set(NOW)


@pytest.fixture
def erp() -> APIClient:
    return client_of(manager())


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.force_authenticate(user)
    return client


def book(count: int = 1, **facts: Any) -> list[Transaction]:
    return [settle_session(ended_session(**facts), now=NOW) for _ in range(count)]


def rich_rows() -> None:
    """A row of every kind, with everything known and with nothing known."""
    session = ended_session(vehicle=van(), tariff_key=tariff(periods=[PEAK], tax_percent="19").pk, soc_percent=80.0)
    readings(session, (10, 52_000), (30, 60_000))
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(driver="Ada")
    correct_session(session, reason="It was Ada", author="mara", now=NOW)
    book(evse=None, depot_key=None, energy_wh=None, meter_start_wh=None, meter_stop_wh=None, token_value="")


def seqs(answer: Any) -> list[int]:
    return [row["seq"] for row in answer.json()["results"]]


# Pages.


def test_the_feed_starts_with_the_oldest(erp: APIClient) -> None:
    book(3)

    answer = erp.get(FEED)

    assert answer.status_code == 200
    assert seqs(answer) == [1, 2, 3]
    assert {name: answer.json()[name] for name in ("next_after", "has_more", "epoch")} == {
        "next_after": 3,
        "has_more": False,
        "epoch": feed_head().epoch,
    }


def test_pages_follow_each_other_without_gap_or_overlap(erp: APIClient) -> None:
    book(5)

    first = erp.get(FEED, {"limit": 2}).json()
    second = erp.get(FEED, {"limit": 2, "after": first["next_after"]}).json()
    third = erp.get(FEED, {"limit": 2, "after": second["next_after"]}).json()

    assert [[row["seq"] for row in page["results"]] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]


def test_a_full_last_page_has_no_more(erp: APIClient) -> None:
    book(2)

    assert erp.get(FEED, {"limit": 2}).json()["has_more"] is False


def test_behind_the_end_there_is_nothing_yet(erp: APIClient) -> None:
    book(2)

    page = erp.get(FEED, {"after": 2}).json()

    assert (page["results"], page["next_after"], page["has_more"]) == ([], 2, False)


def test_an_empty_feed_begins_at_nought(erp: APIClient) -> None:
    page = erp.get(FEED).json()

    assert (page["results"], page["next_after"], page["has_more"]) == ([], 0, False)
    assert page["epoch"] == feed_head().epoch


def test_the_next_page_is_linked_with_its_filters(erp: APIClient) -> None:
    book(2)

    answer = erp.get(FEED, {"limit": 1, "kind": "final"})

    assert answer["Link"] == '<http://testserver/api/v1/transactions/?limit=1&kind=final&after=1>; rel="next"'
    assert "Link" not in erp.get(FEED, {"limit": 1, "after": 1})


def test_a_page_has_five_hundred_rows_unless_asked_otherwise(erp: APIClient) -> None:
    [row] = book()
    copies = range(2, 502)
    Session.objects.bulk_create(
        Session(
            charger=row.session.charger,
            start_key=f"copy {n}",
            started_at=NOW,
            started_heard_at=NOW,
            last_heard_at=NOW,
            ended_at=NOW,
            closed_by="charger",
        )
        for n in copies
    )
    sessions = Session.objects.exclude(pk=row.session_id)
    for seq, session in zip(copies, sessions, strict=True):
        row.pk, row.seq, row.session = None, seq, session  # type: ignore[assignment]
        row.save(force_insert=True)
    head = feed_head()
    head.last_seq = 501
    head.save()

    page = erp.get(FEED).json()

    assert (len(page["results"]), page["next_after"], page["has_more"]) == (500, 500, True)


# Filters.


def test_with_a_filter_the_reader_goes_on_behind_what_was_looked_at(erp: APIClient) -> None:
    book(2, depot_key=7)
    book(3, depot_key=8)

    page = erp.get(FEED, {"depot": 7, "limit": 10}).json()

    assert [row["seq"] for row in page["results"]] == [1, 2]
    assert (page["next_after"], page["has_more"]) == (5, False)


def test_a_full_page_of_a_filter_ends_with_its_last_row(erp: APIClient) -> None:
    for depot_key in (7, 8, 7, 7):
        book(depot_key=depot_key)

    page = erp.get(FEED, {"depot": 7, "limit": 2}).json()

    assert [row["seq"] for row in page["results"]] == [1, 3]
    assert (page["next_after"], page["has_more"]) == (3, True)


def test_rows_are_selected_by_vehicle_kind_and_moment(erp: APIClient) -> None:
    book(vehicle=van())
    [second] = book()
    Session.objects.filter(pk=second.session_id).update(driver="Ada")
    correct_session(second.session, reason="r", author="a", now=NOW + timedelta(hours=1))

    assert seqs(erp.get(FEED, {"vehicle": van().pk})) == [1]
    assert seqs(erp.get(FEED, {"kind": "credit"})) == [3]
    assert seqs(erp.get(FEED, {"recorded_since": "2026-03-05T19:00:00Z"})) == [3, 4]
    assert seqs(erp.get(FEED, {"recorded_since": "2026-03-05T20:00:00+01:00"})) == [3, 4]
    # As it arrives from who does not encode the "+".
    assert seqs(erp.get(f"{FEED}?recorded_since=2026-03-05T20:00:00.000001+01:00")) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", "ten"),
        ("after", "1.0"),
        ("after", ""),
        ("after", "²"),
        ("after", str(2**63)),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", ""),
        ("depot", "north"),
        ("vehicle", "9" * 40),
        ("kind", "refund"),
        ("recorded_since", "yesterday"),
        ("recorded_since", "2026-03-05T19:00:00"),
        ("recorded_since", "0001-01-01T00:00:00+14:00"),
        ("afer", "10"),
    ],
)
def test_a_value_without_sense_is_refused_and_its_parameter_named(erp: APIClient, name: str, value: str) -> None:
    answer = erp.get(FEED, {name: value})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


def test_the_largest_number_is_a_number(erp: APIClient) -> None:
    book()

    page = erp.get(FEED, {"after": 2**63 - 1}).json()

    assert (page["results"], page["next_after"]) == ([], 2**63 - 1)


# One row.


def test_one_row_is_the_same_as_in_the_feed(erp: APIClient) -> None:
    rich_rows()

    rows = erp.get(FEED).json()["results"]

    assert [erp.get(f"{FEED}{row['seq']}/").json() for row in rows] == rows


def test_a_credit_and_a_replacement_name_what_they_correct(erp: APIClient) -> None:
    rich_rows()

    final, credit, replacement, _ = erp.get(FEED).json()["results"]

    assert (final["replaces"], final["correction"]) == (None, None)
    assert [(row["kind"], row["replaces"], row["correction"]) for row in (credit, replacement)] == [
        ("credit", final["seq"], {"reason": "It was Ada", "author": "mara"}),
        ("replacement", final["seq"], {"reason": "It was Ada", "author": "mara"}),
    ]


def test_when_a_row_was_booked_is_told(erp: APIClient) -> None:
    book()

    row = erp.get(f"{FEED}1/").json()

    assert (row["recorded_at"], row["booked_on"], row["time_zone"]) == (
        "2026-03-05T18:00:00Z",
        "2026-03-05",
        "Europe/Berlin",
    )


@pytest.mark.parametrize("seq", ["2", str(2**63), "9" * 60])
def test_a_number_that_was_not_given_out_is_not_found(erp: APIClient, seq: str) -> None:
    book()

    assert erp.get(f"{FEED}{seq}/").status_code == 404


def test_answers_are_as_the_schema_says(erp: APIClient) -> None:
    rich_rows()
    schema = erp.get("/api/v1/schema/?format=json").json()

    def check(address: str, path: str, **query: Any) -> None:
        answer = erp.get(address, query).json()
        described = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        # All that is described is told, and nothing else is.
        strict = json.loads(json.dumps({**described, "components": schema["components"]}))
        for component in strict["components"]["schemas"].values():
            if component.get("type") == "object":
                component["additionalProperties"] = False
        Draft202012Validator(strict).validate(answer)

    check(FEED, FEED)
    check(f"{FEED}1/", FEED + "{seq}/")
    check(f"{FEED}control-totals/", f"{FEED}control-totals/", date="2026-03-05")


def test_the_schema_names_every_parameter_of_the_feed(erp: APIClient) -> None:
    operation = erp.get("/api/v1/schema/?format=json").json()["paths"][FEED]["get"]

    names = {parameter["name"] for parameter in operation["parameters"]}

    assert names == {"after", "limit", "depot", "vehicle", "kind", "recorded_since", "format"}
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/csv"}


# Who has it already.


def test_what_the_reader_has_is_not_sent_again(erp: APIClient) -> None:
    book()
    etag = erp.get(FEED)["ETag"]

    unchanged = erp.get(FEED, headers={"If-None-Match": etag})
    book()
    changed = erp.get(FEED, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_json_and_csv_of_the_same_rows_are_not_the_same(erp: APIClient) -> None:
    book()

    assert erp.get(FEED)["ETag"] != erp.get(FEED, {"format": "csv"})["ETag"]


# As CSV.


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.mark.parametrize("ask", [{"QUERY_STRING": "format=csv"}, {"HTTP_ACCEPT": "text/csv"}])
def test_the_feed_is_given_as_csv(erp: APIClient, ask: dict[str, str]) -> None:
    book(2)

    answer = erp.get(FEED, **ask)  # type: ignore[arg-type]

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["seq"] for row in table(answer)] == ["1", "2"]
    assert (answer["X-Next-After"], answer["X-Has-More"], answer["X-Epoch"]) == ("2", "false", feed_head().epoch)


def test_csv_has_the_columns_of_the_json(erp: APIClient) -> None:
    rich_rows()

    rows, told = table(erp.get(FEED, {"format": "csv"})), erp.get(FEED).json()["results"]

    for row, facts in zip(rows, told, strict=True):
        for name, value in facts.items():
            if isinstance(value, list):
                assert json.loads(row[name]) == value
            elif isinstance(value, dict):
                nested = {f"{name}.{inner}": cell for inner, cell in value.items() if not isinstance(cell, list)}
                assert {column: row[column] for column in nested} == {
                    column: "" if cell is None else str(cell) for column, cell in nested.items()
                }
            elif value is None:
                assert all(cell == "" for column, cell in row.items() if column.split(".")[0] == name)
            else:
                assert row[name] == str(value)


def test_a_cell_that_begins_like_a_formula_is_no_formula(erp: APIClient) -> None:
    for number, name in enumerate(['=HYPERLINK("http://x")', "+49", "-2+3", "@SUM(A1)", "\tx", "\rx"]):
        book(driver=name, vehicle=van(unit_number=f"-{number}"))

    rows = table(erp.get(FEED, {"format": "csv"}))

    assert [row["driver"] for row in rows] == [
        """'=HYPERLINK("http://x")""",
        "'+49",
        "'-2+3",
        "'@SUM(A1)",
        "'\tx",
        "'\rx",
    ]


def test_a_negative_amount_stays_a_number(erp: APIClient) -> None:
    rich_rows()

    _, credit, _, _ = table(erp.get(FEED, {"format": "csv"}))

    assert (credit["energy_kwh"], credit["cost"]) == ("-10.000", "-5.00")


def test_one_row_is_given_as_csv(erp: APIClient) -> None:
    rich_rows()

    rows = table(erp.get(FEED, {"format": "csv"}))

    assert [table(erp.get(f"{FEED}{row['seq']}/", {"format": "csv"})) for row in rows] == [[row] for row in rows]


def test_an_empty_page_has_its_header(erp: APIClient) -> None:
    answer = erp.get(FEED, {"format": "csv"})

    assert answer.content.decode().startswith("seq,id,kind,replaces,correction.reason,")
    assert answer.content.count(b"\r\n") == 1


def test_who_asked_for_csv_is_told_of_a_problem_in_json(erp: APIClient) -> None:
    for address, query in ((FEED, {"format": "csv", "limit": "0"}), (f"{FEED}9/", {"format": "csv"})):
        answer = erp.get(address, query)

        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


# Who may read it.


def test_who_sees_some_depots_reads_their_rows_and_goes_on_behind_all() -> None:
    north = Depot.objects.create(name="North", created_at=NOW)
    mine, _ = book(depot_key=north.pk), book(depot_key=north.pk + 1)
    user = manager(all_depots=False)
    user.depots.add(north)
    client = client_of(user)

    page = client.get(FEED).json()

    assert [row["seq"] for row in page["results"]] == [mine[0].seq]
    assert page["next_after"] == 2
    assert client.get(f"{FEED}2/").status_code == 404
    totals = client.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()
    assert [(depot["depot"]["id"], depot["count"]) for depot in totals["depots"]] == [(north.pk, 1)]


@pytest.mark.parametrize("address", [FEED, f"{FEED}1/", f"{FEED}control-totals/?date=2026-03-05"])
def test_a_viewer_reads_no_transactions(address: str) -> None:
    book()
    viewer = manager("vera", role=Role.VIEWER)

    assert client_of(viewer).get(address).status_code == 403
    assert APIClient().get(address).status_code == 401


def test_the_feed_is_read_only(erp: APIClient) -> None:
    book()

    assert [getattr(erp, verb)(FEED).status_code for verb in ("post", "put", "patch", "delete")] == [405] * 4
    assert erp.delete(f"{FEED}1/").status_code == 405


# Who has pulled how far.


def test_how_far_a_reader_has_come_is_kept(erp: APIClient, business_time: BusinessTime) -> None:
    book(3)
    erp.get(FEED, {"limit": 2})

    [pulled] = readers()

    assert (pulled.reader.user.username, pulled.reader.through_seq, pulled.reader.pulled_at) == ("mara", 2, NOW)
    assert (pulled.behind, pulled.has_to_start_over) == (1, False)


def test_reading_an_old_page_again_takes_nothing_back(erp: APIClient, business_time: BusinessTime) -> None:
    book(3)
    erp.get(FEED)
    later = business_time.move(minutes=5)

    erp.get(FEED, {"limit": 1})

    [pulled] = readers()
    assert (pulled.reader.through_seq, pulled.reader.pulled_at) == (3, later)


def test_after_a_restore_a_reader_starts_over(erp: APIClient) -> None:
    book(2)
    erp.get(FEED)
    jump_after_restore(1000)

    [before] = readers()
    erp.get(FEED, {"after": 0, "limit": 1})
    [after] = readers()

    assert (before.behind, before.has_to_start_over) == (2, True)
    assert (after.behind, after.has_to_start_over) == (1, False)


def test_looking_at_the_head_alone_is_no_pull(erp: APIClient) -> None:
    book()

    assert erp.head(FEED).status_code == 200
    assert not FeedReader.objects.exists()


# Control totals.


def test_control_totals_are_told(erp: APIClient) -> None:
    book(2, tariff_key=tariff().pk)

    answer = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"})

    assert answer.json() == {
        "date": "2026-03-05",
        "through_seq": 2,
        "epoch": feed_head().epoch,
        "final": False,
        "depots": [
            {
                "depot": {"id": 7, "name": "North"},
                "currency": "EUR",
                "count": 2,
                "without_cost": 0,
                "energy_kwh": "20.000",
                "cost": "4.00",
                "final": False,
            }
        ],
    }


def test_control_totals_are_final_when_the_day_is_over(erp: APIClient, business_time: BusinessTime) -> None:
    book()
    business_time.move(hours=6)

    totals = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()

    assert [depot["final"] for depot in totals["depots"]] == [True]


@pytest.mark.parametrize("query", ["", "date=", "date=today", "date=2026-02-30", "date=9999-12-31", "date=1-1-1"])
def test_control_totals_need_a_day(erp: APIClient, query: str) -> None:
    answer = erp.get(f"{FEED}control-totals/?{query}")

    assert answer.status_code == 400
    assert "date" in json.dumps(answer.json()["errors"])


def test_control_totals_check_a_mirror(erp: APIClient) -> None:
    rich_rows()
    rows = erp.get(FEED).json()["results"]

    totals = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()

    mine = [row for row in rows if row["depot"] and row["seq"] <= totals["through_seq"]]
    [told] = [depot for depot in totals["depots"] if depot["depot"]]
    assert told["count"] == len(mine) == 3
    assert float(told["energy_kwh"]) == sum(float(row["energy_kwh"]) for row in mine)
    assert float(told["cost"]) == pytest.approx(sum(float(row["cost"]) for row in mine))


def test_a_page_takes_as_many_statements_as_it_has_to(erp: APIClient, django_assert_num_queries: Any) -> None:
    rich_rows()
    erp.get(FEED)

    # The head and the rows; and how far the reader has come: two, within a savepoint.
    with django_assert_num_queries(6):
        erp.get(FEED)
