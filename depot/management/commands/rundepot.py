"""`manage.py rundepot`: the whole depot in this one process, with SQLite and without any other server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from depot.embedded import EmbeddedDepot, NoFreePort, bind, end_process
from depot.first_login import find_or_make
from depot.install_lock import AlreadyRunning, InstallLock


class Command(BaseCommand):
    help = "Run the whole depot in this one process"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen at; 0.0.0.0 for all")
        parser.add_argument("--port", type=int, default=8000, help="or the next free one")
        parser.add_argument("--demo", action="store_true", help="with a yard of virtual chargers")

    def handle(self, *args: Any, host: str, port: int, demo: bool, **options: Any) -> None:
        try:
            with InstallLock(settings.VAR_DIR) as lock:
                self._run(lock, host, port, demo=demo)
        except AlreadyRunning as running:
            raise CommandError(f"This depot is running already: {running}") from None
        except NoFreePort as reason:
            raise CommandError(str(reason)) from None
        end_process()

    def _run(self, lock: InstallLock, host: str, port: int, *, demo: bool) -> None:
        login = find_or_make(settings.VAR_DIR)
        depot = EmbeddedDepot(bind(host, port), with_yard=demo, when_up=lambda: tell())

        def tell() -> None:
            lock.tell(depot.url)
            lines = ["", f"  The depot      {depot.url}"]
            if login:
                lines += [f"  User           {login.user_name}", f"  Password       {login.password}"]
            lines += [f"  Chargers       {depot.url.replace('http', 'ws', 1)}/ocpp/<identity>"]
            if depot.server.tls_door:
                lines += [f"  By TLS         port {depot.server.tls_door.port}"]
            lines += ["", "Ctrl-C stops it.", ""]
            self.stdout.write("\n".join(lines))
            self.stdout.flush()

        if not depot.run(was_cut_off=lock.was_cut_off):
            raise CommandError("The server did not start; the lines above say why")
        self.stdout.write("Stopped.")
