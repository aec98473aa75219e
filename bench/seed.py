"""Rows for a bench: so many adopted chargers with bays, a token, and a key for the raw call. Prints a JSON plan."""

import json
import sys
from datetime import UTC, datetime

import django


def seed(count: int) -> dict[str, object]:
    from chargers.choices import Standing
    from chargers.credentials import keyed_hash
    from chargers.models import Charger, Evse
    from depot.access import keys
    from depot.access.models import Scope
    from depot.models import Bay, Depot
    from sessions.models import IdToken

    now = datetime.now(UTC)
    password = "23456789abcdef23456789abcdef2345"
    depot = Depot.objects.create(name="Bench", created_at=now)
    IdToken.objects.create(value="BENCH", key="bench", created_at=now)
    chargers = Charger.objects.bulk_create(
        Charger(
            identity=f"B{n:04d}",
            standing=Standing.ADOPTED,
            password_hmac=keyed_hash(password.encode()),
            automation_on=False,
            created_at=now,
        )
        for n in range(count)
    )
    evses = Evse.objects.bulk_create(Evse(charger=charger, number=1, max_w=7200) for charger in chargers)
    Bay.objects.bulk_create(Bay(depot=depot, name=f"N{n}", evse=evse) for n, evse in enumerate(evses))
    key = keys.make_key(
        "bench", scopes=[Scope.ADMIN, Scope.ENGINEER, Scope.READ], all_depots=True, made_by=None, now=now
    )
    return {"chargers": [(charger.identity, password, "BENCH") for charger in chargers], "key": key[1]}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(seed(int(sys.argv[1]))))
