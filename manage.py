#!/usr/bin/env python
"""Django's command line for the depot."""

import os
import secrets
import sys

# It reads a file and prints: it needs no install, and none of its keys.
NEEDS_NO_KEYS = ["backtest"]

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")
    if sys.argv[1:2] == NEEDS_NO_KEYS:
        for name in ("SECRET_KEY", "CREDENTIAL_KEY"):
            os.environ.setdefault(name, secrets.token_urlsafe(48))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
