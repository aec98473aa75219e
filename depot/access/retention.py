"""How long the rows of this room are kept, and how they go: in bounded steps, so that nobody waits for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from depot.access import idempotency, signin
from depot.access.models import AuditEntry, IdempotencyKey, SignInTry

AUDIT_KEPT_FOR = timedelta(days=730)


def prune(*, now: datetime, at_most: int = 1000) -> int:
    """Deletes what is over its time, at most `at_most` rows of each kind; says how many went."""
    # Keys and tries live by real time: the demo's clock may stand still.
    real = datetime.now(UTC)
    return sum(
        _delete_some(rows, at_most)
        for rows in (
            AuditEntry.objects.filter(at__lt=now - AUDIT_KEPT_FOR),
            IdempotencyKey.objects.filter(created_at__lt=real - idempotency.KEPT_FOR),
            SignInTry.objects.filter(at__lt=real - signin.KEPT_FOR),
        )
    )


def _delete_some(rows: QuerySet[Any], at_most: int) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:at_most])
    deleted: int = rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
