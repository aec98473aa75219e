"""Makes the first administrator, or lets one in again who is locked out."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from depot.access import services
from depot.access.models import Role, User


class Command(BaseCommand):
    help = (
        "Makes an administrator who sees all depots, and prints the password, once. "
        "Where the user exists already, nothing changes, unless --reset-password asks for a new one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="admin")
        parser.add_argument("--password-file", type=Path, help="Also write a new password there, readable by you only")
        parser.add_argument("--reset-password", action="store_true", help="A new password, and administrator again")

    def handle(self, *args: Any, **options: Any) -> None:
        username, password_file = options["username"], options["password_file"]
        with transaction.atomic():
            user = User.objects.select_for_update().filter(username=username, is_service=False).first()
            if user is None:
                _, password = services.create_user(username, role=Role.ADMIN, all_depots=True)
            elif options["reset_password"]:
                User.objects.filter(pk=user.pk).update(role=Role.ADMIN, all_depots=True, is_active=True)
                user.refresh_from_db()
                password = services.reset_password(user)
            else:
                self.stdout.write(f"{username} is there already")
                return
            if password_file is not None:
                # Inside the transaction: a password that could not be written down is not set either.
                write_secret(password_file, password)
        self.stdout.write(f"user {username}, password {password}")


def write_secret(path: Path, secret: str) -> None:
    """Readable by the owner alone from the first moment on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{secret}\n")
