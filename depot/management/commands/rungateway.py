"""`manage.py rungateway`: the chargers' door as a process of its own, over plain sockets, over TLS, or both."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from depot.embedded import NoFreePort, bind, make_server
from depot.tls_door import TlsDoor


class Command(BaseCommand):
    help = "Serve chargers; with TLS_CERTIFICATES and TLS_KEYS also by TLS, at TLS_PORT"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="the address to listen at")
        parser.add_argument("--port", type=int, default=8001, help="for chargers without TLS")
        parser.add_argument("--only-tls", action="store_true", help="listen at 127.0.0.1 only for those without TLS")

    def handle(self, *args: Any, host: str, port: int, only_tls: bool, **options: Any) -> None:
        if only_tls and not settings.TLS_CERTIFICATES:
            raise CommandError("Without TLS_CERTIFICATES and TLS_KEYS there is no TLS to listen by")
        try:
            place = bind("127.0.0.1" if only_tls else host, port, tries=1)
            server = make_server(*place.getsockname()[:2])
            if settings.TLS_CERTIFICATES:
                server.tls_door = TlsDoor(bind(host, settings.TLS_PORT, tries=1))
        except NoFreePort as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"Chargers: port {place.getsockname()[1]}")
        if server.tls_door:
            self.stdout.write(f"By TLS: port {server.tls_door.port}")
        server.run(sockets=[place])
        if not server.started:
            raise CommandError("The server did not start; the lines above say why")
