"""`manage.py servercertificate`: a certificate for our own TLS, signed by the authority whose root chargers get."""

import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chargers.certificates.services import authorities


class Command(BaseCommand):
    help = "Sign a certificate for this server, by the depot's own authority"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "hosts", nargs="+", help="the names and addresses by which chargers reach it, the main first"
        )
        parser.add_argument("--out", default=".", help="the folder for server.pem and server.key")
        parser.add_argument("--rsa", action="store_true", help="with an RSA key, for chargers that know no other")

    def handle(self, *args: Any, hosts: list[str], out: str, rsa: bool, **options: Any) -> None:
        kind = "rsa" if rsa else "ec"
        at = datetime.now(UTC)
        other = authorities.living_authority(key_kind="ec" if rsa else "rsa")
        if rsa and other is not None:
            authorities.make_authority(other.organization, key_kind="rsa", at=at)
        try:
            chain, key = authorities.sign_server(hosts, key_kind=kind, at=at)
        except LookupError as reason:
            raise CommandError(f"{reason}: make one on the page Certificates first") from None
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        name = "server-rsa" if rsa else "server"
        (folder / f"{name}.pem").write_text(chain)
        descriptor = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
        self.stdout.write(f"TLS_CERTIFICATES={folder / f'{name}.pem'} TLS_KEYS={folder / f'{name}.key'}")
