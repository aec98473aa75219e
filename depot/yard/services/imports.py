"""A paste: looked at, imported whole or only its good rows, and taken back within a day."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from depot.access.models import User
from depot.models import Depot
from depot.yard.columns import Kind
from depot.yard.importing import IMPORTERS, Importer, Setting
from depot.yard.models import UNDO_WITHIN, ImportBatch, ImportState
from depot.yard.paste import Proposal, Table, Verdict, compare, guess_columns, read_rows, read_table
from depot.yard.services.ledger import Ledger, take_back

# The pasted text, and with it the way back to it, is kept this long.
KEPT = timedelta(days=30)


class ImportSettled(Exception):
    """It was imported, or taken back, already."""


class PreviewOutdated(Exception):
    """The yard changed since the preview was looked at: what would happen now is something else."""


class RowsWrong(Exception):
    """All rows were to be imported, and some are wrong."""


class UndoTooLate(Exception):
    """More than a day has gone by."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing would do now. `digest` names exactly this."""

    table: Table
    columns: list[str]
    proposals: list[Proposal]
    importer: Importer

    def count(self, verdict: Verdict) -> int:
        return sum(1 for proposal in self.proposals if proposal.verdict == verdict)

    @property
    def digest(self) -> str:
        said = [
            (
                proposal.key,
                proposal.verdict.value,
                sorted(map(repr, proposal.row.values.items())),
                repr(proposal.changes),
                proposal.row.problems,
            )
            for proposal in self.proposals
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


@dataclass(slots=True)
class Imported:
    """What came of it; `secrets` are passwords of new chargers, to be shown now and never again."""

    counts: dict[str, int]
    secrets: list[tuple[str, str]] = field(default_factory=list)


def start_import(kind: Kind, text: str, *, depot: Depot | None, user: User, now: datetime) -> ImportBatch:
    """Keep a paste with the columns as we guess them. Raises PasteUnreadable."""
    columns = guess_columns(kind, read_table(text, kind))
    return ImportBatch.objects.create(
        kind=kind.value, text=text, columns=columns, depot=depot, created_by=user, created_at=now
    )


def choose_columns(batch: ImportBatch, columns: list[str]) -> None:
    """Somebody who looked at it says which column is what."""
    batch.columns = columns
    batch.save(update_fields=["columns"])


def preview_import(batch: ImportBatch, *, user: User, now: datetime) -> Preview:
    """What importing this paste would do at this moment. Raises PasteUnreadable."""
    kind = Kind(batch.kind)
    table = read_table(batch.text, kind)
    importer = IMPORTERS[kind](Setting(user, now, batch.depot))
    rows = read_rows(kind, table, batch.columns)
    importer.look_up(rows)
    return Preview(table, batch.columns, compare(kind, rows, importer.keys(rows), importer.known), importer)


def run_import(batch: ImportBatch, *, digest: str, only_good: bool, user: User, now: datetime) -> Imported:
    """Import what the preview named by `digest` showed.

    Raises ImportSettled, PreviewOutdated, and RowsWrong where all rows were wanted and some are wrong.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("depot").get(pk=batch.pk)
        if batch.state != ImportState.PREVIEWED:
            raise ImportSettled(batch.state)
        preview = preview_import(batch, user=user, now=now)
        if preview.digest != digest:
            raise PreviewOutdated
        if preview.count(Verdict.WRONG) and not only_good:
            raise RowsWrong
        ledger = Ledger()
        imported = _apply(preview, ledger)
        batch.record = ledger.entries
        batch.counts = imported.counts
        batch.state = ImportState.DONE
        batch.done_at = now
        batch.save(update_fields=["record", "counts", "state", "done_at"])
    return imported


def _apply(preview: Preview, ledger: Ledger) -> Imported:
    imported = Imported({verdict.value: preview.count(verdict) for verdict in Verdict})
    for proposal in preview.proposals:
        if proposal.verdict == Verdict.NEW:
            secret = preview.importer.make(proposal.row, ledger)
            if secret is not None:
                imported.secrets.append((str(proposal.row.values[preview.importer.key_name]), secret))
        elif proposal.verdict == Verdict.CHANGED:
            preview.importer.change(proposal.row, proposal.key, proposal.changes, ledger)
    return imported


def undo_import(batch: ImportBatch, *, now: datetime) -> list[str]:
    """Take everything back that nobody touched since; gives back what was left, with the reason.

    Raises ImportSettled where there is nothing to take back, and UndoTooLate.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state != ImportState.DONE or batch.done_at is None:
            raise ImportSettled(batch.state)
        if now - batch.done_at > UNDO_WITHIN:
            raise UndoTooLate
        left = take_back(batch.record)
        batch.state = ImportState.UNDONE
        batch.undone_at = now
        batch.save(update_fields=["state", "undone_at"])
    return left


def old_imports(now: datetime) -> QuerySet[ImportBatch]:
    """Pastes of which nothing can be taken back any more, to be pruned."""
    return ImportBatch.objects.filter(created_at__lt=now - KEPT)
