"""The feed as a table, for who reads it with a spreadsheet."""

import json

import pytest
from rest_framework.test import APIClient

from billing.services import feed_head
from tests.billing.feed_api.reading import FEED, book, rich_rows, table
from tests.billing.yard import van

pytestmark = pytest.mark.django_db


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
