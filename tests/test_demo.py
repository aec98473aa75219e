"""The demo's yard as a process of the depot."""

from pathlib import Path
from typing import Any

import pytest

from depot.demo import services, yard
from tests.factories import make_bay, make_depot, make_session
from tests.servers import free_port, wait_until


@pytest.mark.django_db(transaction=True)
def test_the_yard_starts_whatever_its_token_begins_with(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(services.secrets, "token_urlsafe", lambda _: "-one-in-64-begins-so")
    make_session(make_bay(make_depot()))  # with a history there is none to record

    services.start(f"http://127.0.0.1:{free_port()}")
    try:
        wait_until(services.is_running, within_s=60, what="a yard that tells its port")
        assert len(services.state()["chargers"]) == len(yard.read_plan()["chargers"])
    finally:
        services.stop()
