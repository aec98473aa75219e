"""`manage.py contractcertificate`: a contract of the test PKI for one of our vehicles."""

import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chargers.certificates import building
from depot import clock
from depot.plug_and_charge import local
from sessions.models import Vehicle


class Command(BaseCommand):
    help = "Give a vehicle a contract of the test PKI: an eMAID of its own, a certificate and its key"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("emaid", help="with or without hyphens")
        parser.add_argument("--vehicle", required=True, help="its unit number")
        parser.add_argument("--out", default=".", help="the folder for contract.pem and contract.key")

    def handle(self, *args: Any, emaid: str, vehicle: str, out: str, **options: Any) -> None:
        found = Vehicle.objects.filter(unit_number=vehicle).first()
        if found is None:
            raise CommandError(f"There is no vehicle {vehicle}")
        token = local.give_contract(emaid, found, now=clock.now())
        key = building.make_key()
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "contract.pem").write_text(local.sign_contract(emaid, key.public_key(), at=datetime.now(UTC)))
        descriptor = os.open(folder / "contract.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(building.key_bytes(key))
        self.stdout.write(f"{token.value} is {found}'s: {folder / 'contract.pem'}")
