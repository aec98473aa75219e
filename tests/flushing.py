"""How a test that commits leaves an empty database behind: by the rows that are there, not by all tables there are."""

from typing import Any

from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations


def hurry() -> None:
    """Django makes its content types and permissions anew after each flush, nine tenths of the time it takes; who may
    what stands in depot.access.roles, and nobody reads those rows."""
    flush.emit_post_migrate_signal = lambda *args, **options: None
    DatabaseOperations.sql_flush = _delete_what_is_there  # type: ignore[method-assign]


_truncate = DatabaseOperations.sql_flush


def _delete_what_is_there(
    self: DatabaseOperations, style: Any, tables: Any, *, reset_sequences: bool = False, allow_cascade: bool = False
) -> list[str]:
    """TRUNCATE costs PostgreSQL some milliseconds a table, empty or not; in any order, for references are looked at
    when the transaction ends."""
    if reset_sequences or not tables:
        return _truncate(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
    names = {table: self.quote_name(table) for table in tables}
    looks = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in names.items()]
    with self.connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        filled = [table for (table,) in cursor.fetchall()]
    return [f"DELETE FROM {names[table]}" for table in filled]
