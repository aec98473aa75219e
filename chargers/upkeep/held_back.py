"""How far a quarantine reaches, and when it ends: two chargers speak for their firmware; each may prove better.

One charger may have a bad line; two that break over the same CALL have a firmware that does.
"""

from collections import defaultdict
from datetime import UTC, datetime

from django.db.models import Q

from chargers.models import Capability, Charger, Connection, IssuedCommand
from chargers.quirks import SETS_LIMITS, quarantine_of
from chargers.upkeep.broken_links import HANGS_AT_MOST, LOOKED_BACK
from chargers.upkeep.models import BrokenLink

ENOUGH_CHARGERS = 2
LIKE_OTHERS = "two others with this firmware lost their link after it"
PROVED = "it was asked by a person, answered, and its link held"


def hold_back_of_like_firmware(now: datetime) -> list[Capability]:
    """Chargers of a vendor, model and firmware of which two were quarantined are not asked it either.

    Limits are the exception: each charger is told its own until it has shown by itself that it breaks over them.
    """
    earned: dict[tuple[str, str, str, str], set[int]] = defaultdict(set)
    own = Capability.objects.filter(name__startswith=quarantine_of(""), value="yes").exclude(
        Q(firmware="") | Q(name=quarantine_of(SETS_LIMITS)) | Q(evidence=LIKE_OTHERS)
    )
    for one in own.select_related("charger"):
        charger = one.charger
        if charger.firmware == one.firmware and charger.vendor and charger.model:
            earned[charger.vendor, charger.model, one.firmware, one.name].add(charger.pk)
    held_back = []
    for (vendor, model, firmware, name), charger_ids in earned.items():
        if len(charger_ids) < ENOUGH_CHARGERS:
            continue
        like = Charger.objects.filter(vendor=vendor, model=model, firmware=firmware)
        judged = Q(capabilities__name=name, capabilities__firmware=firmware)
        for charger in like.exclude(pk__in=like.filter(judged)):
            held_back.append(_write(charger, name, "yes", LIKE_OTHERS, now))
    return held_back


def lift_what_was_survived(now: datetime) -> list[Capability]:
    """A person asked for it all the same, and the charger answered and stayed: it is asked again."""
    real = datetime.now(UTC)
    lifted = []
    for one in Capability.objects.filter(name__startswith=quarantine_of(""), value="yes").select_related("charger"):
        charger = one.charger
        action = one.name.removeprefix(quarantine_of(""))
        answered = IssuedCommand.objects.filter(
            charger=charger,
            action=action,
            answered_at__isnull=False,
            sent_at__gt=real - LOOKED_BACK,
            sent_at__lt=real - HANGS_AT_MOST,
        )
        broke = BrokenLink.objects.filter(charger=charger, action=action, at__gt=real - LOOKED_BACK)
        sent_at = answered.values_list("sent_at", flat=True).order_by("-sent_at").first()
        if sent_at is None or one.firmware != charger.firmware or broke.exists():
            continue
        held = Q(closed_at=None) | Q(closed_at__gt=sent_at + HANGS_AT_MOST)
        if Connection.objects.filter(held, charger=charger, opened_at__lte=sent_at).exists():
            lifted.append(_write(charger, one.name, "no", PROVED, now))
    return lifted


def _write(charger: Charger, name: str, value: str, evidence: str, now: datetime) -> Capability:
    capability, _ = Capability.objects.update_or_create(
        charger=charger,
        name=name,
        defaults={"value": value, "evidence": evidence, "firmware": charger.firmware, "seen_at": now},
    )
    return capability
