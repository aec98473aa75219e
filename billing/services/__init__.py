"""What happens in billing, one verb each."""

from billing.services.book import feed_head
from billing.services.correct import NotSettledYet, correct_session
from billing.services.price import cost_so_far
from billing.services.pull import note_pull
from billing.services.restore import NoNumbersLeft, Restored, jump_after_restore
from billing.services.settle import (
    StillCharging,
    sessions_due,
    sessions_to_correct,
    sessions_waiting,
    settle_session,
)
from billing.services.tariffs import (
    TariffInUse,
    TariffNameTaken,
    TariffReplaced,
    Terms,
    ValidFromPast,
    change_tariff,
    make_tariff,
    remove_tariff,
)
from billing.services.totals import DayTotals, DepotTotal, control_totals

__all__ = [
    "DayTotals",
    "DepotTotal",
    "NoNumbersLeft",
    "NotSettledYet",
    "Restored",
    "StillCharging",
    "TariffInUse",
    "TariffNameTaken",
    "TariffReplaced",
    "Terms",
    "ValidFromPast",
    "change_tariff",
    "control_totals",
    "correct_session",
    "cost_so_far",
    "feed_head",
    "jump_after_restore",
    "make_tariff",
    "note_pull",
    "remove_tariff",
    "sessions_due",
    "sessions_to_correct",
    "sessions_waiting",
    "settle_session",
]
