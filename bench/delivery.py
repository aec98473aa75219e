"""`python -m bench.delivery`: what it costs to bring a plan to a depot's chargers; nothing here is asserted.

A night of 96 quarters for each EVSE, in a temporary SQLite file: all new, all changed, nothing changed. No charger is
there: every command is answered at once with yes by the books.
"""

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COUNTS = (44, 500)
QUARTER = timedelta(minutes=15)


def main() -> None:
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")
        os.environ.setdefault("LOG_LEVEL", "ERROR")  # nobody listens where the commands go
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print("| EVSEs | first fallbacks, ms | first plans, ms | all changed, ms | nothing changed, ms |")
        print("|---|---|---|---|---|")
        for count in COUNTS:
            print(f"| {count} | " + " | ".join(f"{ms:.0f}" for ms in measure(count)) + " |", flush=True)


def measure(count: int) -> list[float]:
    from depot.energy.delivery.services import carry_on, deliver
    from depot.energy.delivery.wanted import Step, Wanted

    depot, evse_ids = make_depot_of(count)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def wanted(shift: int, at: datetime) -> list[Wanted]:
        """A third of the slots at 4.2 kW, a third at 5.6, a third without, in another order at each EVSE."""
        steps = [
            tuple(Step(at + slot * QUARTER, (0, 4_200, 5_600)[(slot // 6 + n + shift) % 3]) for slot in range(96))
            for n in range(count)
        ]
        return [Wanted(evse_id, its, at + 96 * QUARTER) for evse_id, its in zip(evse_ids, steps, strict=True)]

    def settled(at: datetime) -> None:
        for _ in range(6):
            if not accept_all(at):
                return
            carry_on(depot, now=at)

    first = took(lambda: carry_on(depot, now=now))
    settled(now)
    plans = took(lambda: deliver(depot, wanted(0, now), now=now))
    settled(now)
    later = now + QUARTER
    changed = took(lambda: deliver(depot, wanted(1, later), now=later))
    settled(later)
    settled(later + 2 * timedelta(minutes=1))
    after = later + timedelta(minutes=5)
    same = min(took(lambda: deliver(depot, wanted(1, later), now=after)) for _ in range(3))
    return [each * 1000 for each in (first, plans, changed, same)]


def took(act: Callable[[], Any]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def accept_all(now: datetime) -> int:
    from chargers.choices import CommandState
    from chargers.held import services as held
    from chargers.models import IssuedCommand

    commands = list(IssuedCommand.objects.filter(state=CommandState.REQUESTED).order_by("pk"))
    IssuedCommand.objects.filter(state=CommandState.REQUESTED).update(state=CommandState.ACCEPTED)
    for command in commands:
        command.state = CommandState.ACCEPTED
        held.note_settled(command, now=now)
    return len(commands)


def make_depot_of(count: int) -> tuple[Any, list[int]]:
    """Circuits of eleven, each with a running charge; two in three of them fit at once."""
    from depot.energy.models import Circuit, Wiring
    from depot.models import Depot
    from tests.factories import make_bay, make_charger, make_evse, make_session

    depot = Depot.objects.create(name=f"Bench {count}", created_at=datetime.now(UTC))
    site = Circuit.objects.create(depot=depot, name="Grid", limit_w=4_600 * count, reserved_w=100 * count)
    evse_ids = []
    panel = site
    for n in range(count):
        if n % 11 == 0:
            panel = Circuit.objects.create(depot=depot, name=f"Panel {n // 11}", feeds_from=site, limit_w=55_000)
        evse = make_evse(make_charger(), max_w=11_000, phases=3)
        bay = make_bay(depot, evse=evse)
        Wiring.objects.create(evse=evse, circuit=panel, rating_w=11_000)
        make_session(bay, reference=str(1_000 * count + n))
        evse_ids.append(evse.pk)
    return depot, evse_ids


if __name__ == "__main__":
    main()
