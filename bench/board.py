"""`python -m bench.board`: what the board costs the server, for 44 and for 500 bays: milliseconds, queries, bytes."""

import gzip
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 9
SIZES = (44, 500)
# Of the board's first page, in the words of the design.
GOALS_MS = {44: 50, 500: 250}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="depot-board-") as folder:
        os.environ |= {
            "DEPOT_VAR": folder,
            "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "CREDENTIAL_KEY": secrets.token_urlsafe(48),
            "DJANGO_SETTINGS_MODULE": "depot.settings",
        }
        if not os.environ["DATABASE_URL"]:
            del os.environ["DATABASE_URL"]
        set_up()
        for bays in SIZES:
            for name, value in measured(bays):
                print(f"{name:52} {value}")


def set_up() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.WHITENOISE_USE_FINDERS = True
    settings.STATIC_ROOT.mkdir()
    django.setup()
    call_command("migrate", verbosity=0)


def make_yard(bays: int) -> tuple[Any, Any]:
    """Three bays of four charge."""
    from django.db import transaction

    from tests.factories import make_bay, make_depot, make_session, make_user, make_vehicle, set_status

    with transaction.atomic():
        depot = make_depot(f"{bays} bays", site_limit_w=bays * 7_000)
        user = make_user(f"viewer of {bays}", depots=[depot])
        for number in range(bays):
            bay = make_bay(depot, f"A{number:03d}", zone=f"Row {number // 20}")
            if number % 4:
                make_session(bay, make_vehicle(f"Van {bays}-{number}"), soc_percent=40.0)
                set_status(bay, "charging")  # type: ignore[arg-type]
    return depot, user


def measured(bays: int) -> list[tuple[str, str]]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from depot import clock
    from depot.board import snapshot
    from sessions.models import Session

    depot, user = make_yard(bays)
    browser = Client()
    browser.force_login(user)
    page = browser.get("/").content
    with CaptureQueriesContext(connection) as queries:
        browser.get("/")
    asked = len(queries)
    board = snapshot.load(user, depot, now=clock.now())
    some = [row.charger_id for row in board.in_order if row.session_id][:10]
    turn = [0]

    def change() -> None:
        turn[0] += 1
        Session.objects.filter(charger__in=some).update(power_w=6_000 + turn[0])
        changed = snapshot.refresh(board, now=clock.now(), charger_ids={one for one in some if one})
        context = snapshot.context_of(board, now=clock.now(), real_now=clock.now())
        snapshot.rows_html(changed, context)
        snapshot.parts_of(context)

    return [
        (
            f"board of {bays} bays, first page, CPU ms (goal {GOALS_MS[bays]})",
            f"{cpu_ms(lambda: browser.get('/')):.0f}",
        ),
        (f"board of {bays} bays, queries", str(asked)),
        (f"board of {bays} bays, kB, deflated", f"{len(page) / 1000:.0f}, {len(gzip.compress(page)) / 1000:.0f}"),
        (f"board of {bays} bays, ten rows change, CPU ms a browser", f"{cpu_ms(change):.0f}"),
    ]


def cpu_ms(work: Callable[[], object]) -> float:
    """The median: other programs on the machine slow the clock, hardly the count of the work."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
