"""The whole depot as one process whose clock is the test's: server, worker and beat, as `rundepot` has them.

`rundepot` lets business time rest while it is dead. Here the yard's night goes on while nobody serves it, so the pace
in the books is left as the test set it. Beat ticks oftener by as much as the test asks, for the night runs fast.
"""

import argparse
import os
import signal
import threading
from datetime import timedelta


def main() -> None:
    asked = _ask()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")
    import django

    django.setup()
    from django.conf import settings

    from depot.celery import app
    from depot.embedded import Beat, Worker, bind, end_process, make_server, running

    schedule = app.conf.beat_schedule or settings.CELERY_BEAT_SCHEDULE
    schedule["tick"]["schedule"] = timedelta(seconds=asked.tick)
    app.conf.beat_schedule = schedule
    app.conf.beat_max_loop_interval = asked.tick / 2
    if asked.naive:
        _send_everything()
    place = bind("127.0.0.1", asked.port, tries=1)
    server = make_server("127.0.0.1", asked.port)
    signal.signal(signal.SIGTERM, lambda number, frame: setattr(server, "should_exit", True))
    with running(Worker()), running(Beat()):
        server.run(sockets=[place])
    threading.Timer(5, lambda: os._exit(1)).start()
    end_process()


def _ask() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tick", type=float, default=0.25, help="real seconds")
    parser.add_argument("--naive", action="store_true", help="send what is wanted without asking the ledger")
    return parser.parse_args()


def _send_everything() -> None:
    """What a sender without a ledger does: only to show that the checks see the difference."""
    from depot.energy.ledger import Ledger, Verdict

    Ledger.ask = lambda self, unit: Verdict(may_send=True, is_reduction=True, is_raise=False)  # type: ignore[method-assign]
    # Nor does it know whom to ask to give way.
    Ledger.overloads = lambda self: []  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
