"""One row of the feed, as it is described; what a reader has is not sent again."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from tests.billing.feed_api.reading import FEED, book, rich_rows

pytestmark = pytest.mark.django_db


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
