"""`manage.py rundemo`: the demo's yard of virtual chargers, against a depot whose server runs elsewhere."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from depot import clock
from depot.demo import services

CLOCK_EVERY_S = 5.0


class Command(BaseCommand):
    help = "Connect the demo's yard of virtual chargers to a depot"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="where the chargers connect, such as http://gateway:8001")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        asked_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: asked_to_stop.set())
        clock.resume_where_it_stopped()
        services.start(url)
        self.stdout.write(f"The yard connects to {url}")
        # The demo's fast clock stands still while its yard does.
        while not asked_to_stop.wait(CLOCK_EVERY_S):
            clock.save()
        services.stop()
        clock.save()
