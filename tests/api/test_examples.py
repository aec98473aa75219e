"""The examples of docs/rest.md: each is sent as it is written."""

import re
import shlex
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from depot.access.models import Scope
from depot.energy.models import GridCap, MeterSample, VehicleNeed
from tests.access import actors
from tests.energy.rows import make_source
from tests.factories import make_depot, make_vehicle

WRITTEN = (settings.BASE_DIR / "docs" / "rest.md").read_text()
# A code block of its own, with what it goes on with and what it reads up to END.
CURL = re.compile(r"^    (curl (?:.*\\\n)*.*)\n((?:    .*\n)*?    END\n)?", re.MULTILINE)


@dataclass
class Example:
    url: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def read(command: str, piped: str) -> Example:
    example, words = Example(), iter(shlex.split(command.replace("\\\n", " ").split("<<")[0])[1:])
    for word in words:
        match word:
            case "-X":
                example.method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                example.headers[name] = value
            case "-d":
                example.body = next(words)
            case "--data-binary":
                assert next(words) == "@-"
                example.body = "".join(f"{line.strip()}\n" for line in piped.splitlines()[:-1])
            case _:
                example.url = word.removeprefix("$DEPOT")
    return example


EXAMPLES = [read(command, piped) for command, piped in CURL.findall(WRITTEN)]


def send(example: Example, secret: str) -> int:
    assert example.headers.pop("Authorization") == "Bearer $KEY"
    kind = example.headers.pop("Content-Type", "application/json")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in example.headers.items()}
    client: APIClient = actors.program_with(secret)
    answer = client.generic(example.method, example.url, example.body, content_type=kind, **headers)
    return int(answer.status_code)


@pytest.mark.django_db
def test_each_example_is_answered_as_written() -> None:
    depot = make_depot(pk=1)
    make_vehicle("Van 7", depot_key=depot.pk)
    make_source(depot, pk=1)
    _, secret = actors.key(Scope.OPERATE, Scope.ERP)

    answers = {example.url: send(example, secret) for example in EXAMPLES}

    assert len(EXAMPLES) == WRITTEN.count("curl ")
    assert set(answers.values()) <= {200, 201}, answers
    assert (VehicleNeed.objects.get().energy_wh, MeterSample.objects.get().value, GridCap.objects.get().limit_w) == (
        32_000,
        17_250,
        60_000,
    )
