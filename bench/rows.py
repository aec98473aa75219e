"""`python -m bench.rows`: what pages and lists cost a depot that kept every row for years; nothing here is asserted.

44 EVSEs, a hundred thousand charges with their transactions and ten million meter values in a temporary SQLite file
(`ROWS=0.1` for a tenth of it). Each address is asked three times; told is the quickest, in ms, with the answer's size.
"""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

SHARE = float(os.environ.get("ROWS", "1"))
SESSIONS = int(100_000 * SHARE)
READINGS_EACH = 100
EVSES = 44
ASKED = 3


def main() -> None:
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        settings.ALLOWED_HOSTS = ["testserver"]
        settings.STATIC_ROOT = folder
        call_command("collectstatic", verbosity=0, interactive=False)
        call_command("migrate", verbosity=0)
        begun = time.monotonic()
        fill()
        took_s = time.monotonic() - begun
        print(f"{SESSIONS:,} charges, {SESSIONS * READINGS_EACH:,} meter values, written in {took_s:.0f} s")
        print("| address | ms | KB |")
        print("|---|---|---|")
        ask_all()


def fill() -> None:
    from bench.delivery import make_depot_of
    from chargers.models import Evse
    from sessions.models import Session
    from tests.factories import make_vehicle

    depot, evse_ids = make_depot_of(EVSES)
    places = list(Evse.objects.filter(pk__in=evse_ids).select_related("charger", "bay"))
    vans = [make_vehicle(f"Van {n}", depot_key=depot.pk) for n in range(EVSES)]
    first = datetime.now(UTC) - timedelta(days=SESSIONS / EVSES + 1)
    sessions = []
    for n in range(SESSIONS):
        evse, begun = places[n % EVSES], first + timedelta(days=n // EVSES)
        ended = begun + timedelta(hours=8)
        sessions.append(
            Session(
                charger=evse.charger, evse=evse, reference=f"years {n}", start_key=f"years {n}", depot_key=depot.pk,
                depot_name=depot.name, bay_name=evse.bay.name, time_zone=depot.time_zone, currency="EUR",
                token_status="Accepted", vehicle=vans[n % EVSES], vehicle_source="token", started_at=begun,
                started_heard_at=begun, ended_at=ended, ended_heard_at=ended, closed_by="charger", last_heard_at=ended,
                energy_wh=24_000 + n % 5_000, settled_at=ended,
            )
        )  # fmt: skip
    Session.objects.bulk_create(sessions, batch_size=2_000)
    write_transactions()
    write_readings()


def write_transactions() -> None:
    from billing.models import FeedCounter, Transaction
    from billing.services import feed_head
    from billing.services.facts import facts_of
    from billing.services.price import price_session
    from sessions.models import Session

    rows = []
    ended = Session.objects.exclude(ended_at=None).select_related("charger", "evse", "connector", "vehicle")
    for seq, session in enumerate(ended.order_by("started_at").iterator(2_000), 1):
        assert session.ended_at is not None
        facts = facts_of(session, price_session(session, ends=session.ended_at))
        rows.append(
            Transaction(
                seq=seq, kind="final", session=session, depot_key=session.depot_key, time_zone=session.time_zone,
                booked_on=session.ended_at.date(), recorded_at=session.ended_at, facts=facts,
                vehicle_key=session.vehicle_id, energy_wh=session.energy_wh, currency="EUR",
            )
        )  # fmt: skip
    Transaction.objects.bulk_create(rows, batch_size=2_000)
    feed_head()
    FeedCounter.objects.update(last_seq=len(rows))


def write_readings() -> None:
    from django.db import connection

    from sessions.models import MeterReading, Session

    readings, sessions = MeterReading._meta.db_table, Session._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {readings}
                (charger_id, evse_id, session_id, at, heard_at, context, energy_wh, power_w, samples, signed)
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {READINGS_EACH - 1})
            SELECT charger_id, evse_id, {sessions}.id, datetime(started_at, '+' || (i * 4) || ' minutes'),
                datetime(started_at, '+' || (i * 4) || ' minutes'), 'Sample.Periodic', i * 250, 3700, '', ''
            FROM {sessions}, n WHERE ended_at IS NOT NULL
            """
        )


def ask_all() -> None:
    from django.test import Client

    from sessions.models import Session
    from tests.factories import make_user

    client = Client()
    client.force_login(make_user())
    midst = Session.objects.order_by("started_at")[SESSIONS // 2]
    middle, cursor = midst.pk, urlencode({"before": f"{midst.started_at.isoformat()}_{midst.pk}"})
    for address in (
        "/", "/sessions/", f"/sessions/?{cursor}", f"/sessions/{middle}/", "/chargers/", "/chargers/1/",
        "/vehicles/", "/vehicles/1/", "/energy/", "/readiness/", "/api/v1/sessions/", f"/api/v1/sessions/{middle}/",
        f"/api/v1/sessions/{middle}/readings/", f"/api/v1/transactions/?after={SESSIONS // 2}",
        f"/api/v1/transactions/control-totals/?date={midst.started_at:%Y-%m-%d}",
    ):  # fmt: skip
        print(f"| `{address}` | {ask(client, address)} |", flush=True)


def ask(client: Any, address: str) -> str:
    took = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        answer = client.get(address, follow=True)
        took.append(time.perf_counter() - begun)
    told = f"{min(took) * 1000:.0f} | {len(answer.content) / 1024:.0f}"
    return told if answer.status_code == 200 else f"{told} (status {answer.status_code})"


if __name__ == "__main__":
    main()
