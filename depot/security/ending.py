"""Certificates that end soon and that nobody has renewed are told of, while chargers can still be reached.

The real clock counts: it is the one that those who check them read.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from chargers.certificates.models import Profile, Security
from chargers.certificates.papers import NotACertificate, read_chain
from chargers.certificates.services import signing
from chargers.choices import Standing
from chargers.models import Charger
from depot.notices.models import Notice
from depot.queries import depot_ids_of
from depot.security.standing import Link, chain_of, link_of

logger = logging.getLogger(__name__)

KIND = "certificate.ends"
# Told once each time that so few days are left. Chargers are asked to renew theirs by themselves before that.
OUR_DAYS = (30, 14, 3, 0)
THEIR_DAYS = (14, 3, 0)


@dataclass(frozen=True, slots=True)
class Ending:
    link: Link
    words: str
    charger: Charger | None = None


def tell_of_ending(now: datetime, at: datetime) -> int:
    """How many notices were written."""
    told = 0
    for ending in [*_of_this_server(at), *_of_chargers(at)]:
        stages = OUR_DAYS if ending.charger is None else THEIR_DAYS
        stage = min((days for days in stages if ending.link.days_left < days), default=None)
        if stage is not None and not _was_told(ending.link, stage):
            _tell(ending, stage, now)
            told += 1
    return told


def _of_this_server(at: datetime) -> Iterator[Ending]:
    for path in settings.TLS_CERTIFICATES:
        try:
            link = link_of(read_chain(Path(path).read_text())[0], at)
        except (OSError, ValueError, NotACertificate) as error:
            logger.warning("%s could not be read: %s", path, error)
            continue
        what = f"This server's certificate for chargers ({path})"
        yield Ending(link, f"{what} {_when(link, at)}. From then on no charger comes in by TLS: put a new one there.")


def _of_chargers(at: datetime) -> Iterator[Ending]:
    """Of those that come in by nothing else."""
    needed = Q(required_profile=Profile.CERTIFICATE) | Q(came_by=Profile.CERTIFICATE)
    rows = Security.objects.filter(needed, charger__standing=Standing.ADOPTED).select_related("charger")
    for security in rows.order_by("charger"):
        charger = security.charger
        chain = chain_of(security, signing.in_force(charger), at)
        if not chain:
            continue
        why = (
            "it was asked to renew it" if charger.automation_on else "with automation off it was not asked to renew it"
        )
        told = f"{charger}'s certificate {_when(chain[0], at)}, and {why}"
        yield Ending(chain[0], f"{told}: without a new one it is not let in any more.", charger)


def _when(link: Link, at: datetime) -> str:
    if link.not_after <= at:
        return f"ended on {link.not_after:%Y-%m-%d}"
    return f"ends on {link.not_after:%Y-%m-%d}, in {link.days_left} day{'' if link.days_left == 1 else 's'}"


def _was_told(link: Link, stage: int) -> bool:
    return Notice.objects.filter(kind=KIND, detail__serial=link.serial, detail__days__lte=stage).exists()


def _tell(ending: Ending, stage: int, now: datetime) -> None:
    charger = ending.charger
    Notice.objects.create(
        at=now,
        depot_id=depot_ids_of([charger.pk]).get(charger.pk) if charger is not None else None,
        kind=KIND,
        subject=str(charger)[:120] if charger is not None else "This server",
        text=ending.words[:400],
        detail={"serial": ending.link.serial, "days": stage},
    )
