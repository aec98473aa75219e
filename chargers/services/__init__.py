"""What happens to one charger: it is asked, it answers, it boots, it says how it is, it is adopted."""

from chargers.services.adopt import (
    adopt_charger,
    new_password,
    refuse_charger,
    register_charger,
    send_new_password,
)
from chargers.services.hear import (
    keep_job,
    keep_security_event,
    keep_settings,
    keep_unread_fact,
    note_boot,
    note_clock,
    register_statuses,
)
from chargers.services.issue import (
    ChargerOffline,
    CommandInvalid,
    CommandNotAllowed,
    CommandNotSpoken,
    NotAdopted,
    cancel_command,
    issue_command,
    issue_in_parts,
)
from chargers.services.settle import (
    expire_commands,
    mark_effect,
    mark_sent,
    overdue_effects,
    settle_command,
    settle_unanswered,
)

__all__ = [
    "ChargerOffline",
    "CommandInvalid",
    "CommandNotAllowed",
    "CommandNotSpoken",
    "NotAdopted",
    "adopt_charger",
    "cancel_command",
    "expire_commands",
    "issue_command",
    "issue_in_parts",
    "keep_job",
    "keep_security_event",
    "keep_settings",
    "keep_unread_fact",
    "mark_effect",
    "mark_sent",
    "new_password",
    "note_boot",
    "note_clock",
    "overdue_effects",
    "refuse_charger",
    "register_charger",
    "register_statuses",
    "send_new_password",
    "settle_command",
    "settle_unanswered",
]
