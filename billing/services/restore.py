"""After a restore from backup: numbers that were given out since the backup must not be given out again."""

import uuid
from dataclasses import dataclass

from django.db import connection, models, transaction

from billing.models import FeedCounter, Transaction
from billing.services.book import feed_head
from sessions.models import Session

# More than any depot counts between two backups, and OCPP 1.6 has room for two thousand such jumps.
JUMP = 1_000_000


class NoNumbersLeft(Exception):
    """The jump would leave the numbers that the column, and OCPP 1.6, can hold."""


@dataclass(frozen=True, slots=True)
class Restored:
    epoch: str
    last_seq: int
    last_session_id: int


def jump_after_restore(jump: int = JUMP) -> Restored:
    """Let `seq` and the ids of sessions and transactions jump ahead, and begin a new epoch. Raises NoNumbersLeft.

    Chargers still hold transaction ids, and the ERP rows, that the backup does not know.
    """
    with transaction.atomic():
        feed_head()
        counter = FeedCounter.objects.select_for_update().get()
        counter.last_seq = jumped(Transaction, "seq", counter.last_seq, jump)
        counter.epoch = str(uuid.uuid4())
        counter.save(update_fields=["last_seq", "epoch"])
        last_session_id = _jump_ids(Session, jump)
        _jump_ids(Transaction, jump)
    return Restored(counter.epoch, counter.last_seq, last_session_id)


def jumped(model: type[models.Model], name: str, last: int, jump: int) -> int:
    """`last`, or the highest of the column if that is more, and `jump` on top."""
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    highest = model._default_manager.aggregate(highest=models.Max(name))["highest"] or 0
    _, limit = connection.ops.integer_field_range(field.get_internal_type())
    number: int = max(last, highest) + jump
    # SQLite's column holds more than OCPP 1.6 does.
    if number >= min(limit or 2**63, 2**31 if model is Session else 2**63):
        raise NoNumbersLeft(f"{model._meta.verbose_name} {name}: {number}")
    return number


def _jump_ids(model: type[models.Model], jump: int) -> int:
    """The next row of `model` gets an id above the one returned."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            sequence = cursor.fetchone()[0]
            cursor.execute(f"SELECT last_value FROM {sequence}")
            number = jumped(model, "id", cursor.fetchone()[0], jump)
            cursor.execute("SELECT setval(%s, %s)", [sequence, number])
            return number
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        known = cursor.fetchone()
        number = jumped(model, "id", known[0] if known else 0, jump)
        # SQLite makes the table's line in its register of sequences with the first row.
        if known:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [number, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
        return number
