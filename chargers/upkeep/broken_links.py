"""Which CALLs of ours chargers do not survive: one that was followed by a broken link twice is not made unbidden again.

Here all moments but that of the capability are real time, as links and sent frames are.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from chargers.choices import CommandState
from chargers.models import Capability, Charger, Connection, IssuedCommand
from chargers.quirks import quarantine_of
from chargers.upkeep.models import BrokenLink

# A charger that crashes over a CALL does so while it handles it, or in the seconds after its answer.
RIGHT_AFTER = timedelta(seconds=10)
# Some hang for a minute before they restart (Anker's does, over ChangeAvailability).
HANGS_AT_MOST = timedelta(minutes=2)
TWICE_WITHIN = timedelta(minutes=2)
# A line that breaks every few minutes breaks after whatever was asked last. What the charger has outlived as often in
# this time does not break it.
OUTLIVED_WITHIN = timedelta(days=1)
# It went by itself, with a farewell, as one does that has waited for our answers in vain: it did not crash. What it has
# answered lately is not why it went.
WITH_FAREWELL = ("1000", "1005")
# Looked at for a little longer than that, so that no end is missed between two looks.
LOOKED_BACK = HANGS_AT_MOST + timedelta(minutes=1)
# A break of the link is what these are for.
MEANT_TO_BREAK = {
    "Reset", "UpdateFirmware", "SignedUpdateFirmware", "SetNetworkProfile", "CertificateSigned", "InstallCertificate",
}  # fmt: skip
PASSWORDS = {"authorizationkey", "basicauthpassword", "securityprofile"}
# What we close ourselves says nothing about the charger.
CLOSED_BY_US = (
    "The server stopped", "The process that held it is gone", "Its end could not be noted in time", "1012", "1013",
    "1000 A newer connection", "1000 Refused by a person", "1000 This connection", "1001",
)  # fmt: skip


def notice_broken_links(now: datetime) -> list[Capability]:
    """Note the links that broke lately right after a CALL of ours; the actions that are held back from now on."""
    since = datetime.now(UTC) - LOOKED_BACK
    sent = IssuedCommand.objects.filter(sent_at__gt=since).exclude(action__in=MEANT_TO_BREAK)
    charger_ids = set(sent.order_by().values_list("charger", flat=True))
    if not charger_ids:
        return []
    ended = (
        Connection.objects.filter(charger__in=charger_ids, closed_at__gt=since)
        .exclude(pk__in=BrokenLink.objects.filter(at__gt=since - HANGS_AT_MOST).values("connection"))
        .select_related("charger")
        .order_by("closed_at")
    )
    held_back = []
    for connection in ended:
        if connection.close_reason.startswith(CLOSED_BY_US):
            continue
        action = _asked_before_the_end(connection)
        if action is not None and (capability := _note(connection, action, now)) is not None:
            held_back.append(capability)
    return held_back


def _asked_before_the_end(connection: Connection) -> str | None:
    """The CALL that it was handling when the link broke, or had answered seconds before."""
    closed_at = connection.closed_at
    assert closed_at is not None
    last = (
        IssuedCommand.objects.filter(
            charger=connection.charger_id, sent_at__gte=connection.opened_at, sent_at__lte=closed_at
        )
        .order_by("-sent_at")
        .first()
    )
    if last is None or last.sent_at is None or last.action in MEANT_TO_BREAK or _changes_password(last.request):
        return None
    had_answer = last.answered_at is not None and last.answered_at <= closed_at
    within = RIGHT_AFTER if had_answer or last.state == CommandState.ERROR else HANGS_AT_MOST
    return last.action if closed_at - last.sent_at <= within else None


def _changes_password(request: object) -> bool:
    """A new password is proved by a new connection."""
    if not isinstance(request, Mapping):
        return False
    told = request.get("setVariableData") or ()
    names = {str(request.get("key", "")).casefold()} | {str(one["variable"]["name"]).casefold() for one in told}
    return bool(names & PASSWORDS)


def _note(connection: Connection, action: str, now: datetime) -> Capability | None:
    charger, at = connection.charger, connection.closed_at
    assert at is not None
    before = BrokenLink.objects.filter(
        charger=charger, action=action, firmware=charger.firmware, at__gte=at - TWICE_WITHIN
    ).exists()
    BrokenLink.objects.create(charger=charger, connection=connection, action=action, firmware=charger.firmware, at=at)
    if not before or _is_often_outlived(charger, action, at):
        return None
    if connection.close_reason.startswith(WITH_FAREWELL) and _has_answered(charger, action, at):
        return None
    return _hold_back(charger, action, now)


def _has_answered(charger: Charger, action: str, at: datetime) -> bool:
    answered = IssuedCommand.objects.filter(charger=charger, action=action, answered_at__lte=at)
    return answered.filter(sent_at__gte=at - OUTLIVED_WITHIN).exists()


def _is_often_outlived(charger: Charger, action: str, at: datetime) -> bool:
    """Has it answered this and kept its link at least as often as it lost it?"""
    since = at - OUTLIVED_WITHIN
    broke = BrokenLink.objects.filter(charger=charger, action=action, firmware=charger.firmware, at__gte=since).count()
    holds = Q(closed_at=None) | Q(closed_at__gt=OuterRef("answered_at") + RIGHT_AFTER)
    link = Connection.objects.filter(holds, charger=charger, opened_at__lte=OuterRef("sent_at"))
    told = IssuedCommand.objects.filter(charger=charger, action=action, sent_at__gte=since, answered_at__lte=at)
    return told.filter(Exists(link)).count() >= broke


def _hold_back(charger: Charger, action: str, now: datetime) -> Capability:
    capability, _ = Capability.objects.update_or_create(
        charger=charger,
        name=quarantine_of(action),
        defaults={
            "value": "yes",
            "evidence": f"its link broke after {action} twice within two minutes",
            "firmware": charger.firmware,
            "seen_at": now,
        },
    )
    return capability
