"""What people do to the yard's lists: chargers taken in, bays, vehicles and tokens kept, pastes imported and undone."""

from depot.yard.services.bays import BayNotFree, add_bay, change_bay, delete_bay
from depot.yard.services.depots import add_depot, change_depot
from depot.yard.services.imports import (
    ImportSettled,
    PreviewOutdated,
    RowsWrong,
    UndoTooLate,
    choose_columns,
    old_imports,
    preview_import,
    run_import,
    start_import,
    undo_import,
)
from depot.yard.services.intake import (
    ChargerInUse,
    Proof,
    add_charger,
    adopt,
    change_charger,
    delete_charger,
    let_wait_again,
    sessions_of,
    switch_automation,
    switch_energy_management,
)
from depot.yard.services.tokens import add_token, block_token, change_token, unblock_token
from depot.yard.services.vehicles import add_vehicle, change_vehicle, make_own_token

__all__ = [
    "BayNotFree",
    "ChargerInUse",
    "ImportSettled",
    "PreviewOutdated",
    "Proof",
    "RowsWrong",
    "UndoTooLate",
    "add_bay",
    "add_charger",
    "add_depot",
    "add_token",
    "add_vehicle",
    "adopt",
    "block_token",
    "change_bay",
    "change_charger",
    "change_depot",
    "change_token",
    "change_vehicle",
    "choose_columns",
    "delete_bay",
    "delete_charger",
    "let_wait_again",
    "make_own_token",
    "old_imports",
    "preview_import",
    "run_import",
    "sessions_of",
    "start_import",
    "switch_automation",
    "switch_energy_management",
    "unblock_token",
    "undo_import",
]
