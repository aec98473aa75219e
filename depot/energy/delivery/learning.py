"""What a charger has shown about its limits, kept as capabilities with evidence, firmware and time."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from chargers.choices import CommandState
from chargers.commands import ProfileKind
from chargers.models import Capability, Charger, IssuedCommand
from chargers.queries import traits_of_charger
from chargers.quirks import Source
from depot.energy.delivery.ladder import NO_LESSON, NOT_AT_ALL, Rung, lessons
from depot.notices import services as notices

FOLLOWS_UPDATES = "follows_updates"  # a capability: new values of a dynamic profile (2.1)
GIVES_BACK = "gives_back"  # a capability: it follows set-points below zero
SILENCES = 4
REFUSALS = 3
ANSWERED = (CommandState.ACCEPTED, CommandState.REJECTED, CommandState.ERROR)


@dataclass(frozen=True, slots=True)
class Signs:
    """Of life, of the transaction whose profile was refused."""

    is_over: bool
    last_at: datetime | None  # by the charger's time; of a profile of no transaction, its answer is the sign


def word_of(command: IssuedCommand) -> str:
    """By which a charger refused: its error code, else the reason it gives (2.x), else its status."""
    reason = ((command.response or {}).get("statusInfo") or {}).get("reasonCode", "")
    return str(command.error_code or reason or command.status)


def show(charger: Charger, name: str, value: str, evidence: str, *, now: datetime) -> bool:
    """True where it is news."""
    told = {"value": value[:200], "evidence": evidence[:300], "firmware": charger.firmware, "seen_at": now}
    known = Capability.objects.filter(charger=charger, name=name).first()
    if known is not None and (known.value, known.firmware) == (told["value"], charger.firmware):
        return False
    Capability.objects.update_or_create(charger=charger, name=name, defaults=told)
    return True


def learn_refusal(charger: Charger, rung: Rung, word: str, evidence: str, *, now: datetime) -> bool:
    """It refused a profile; True where that teaches us to try another way."""
    traits = traits_of_charger(charger)
    listed = (
        charger.settings.filter(variable__in=("ChargeProfileMaxStackLevel", "ProfileStackLevel"))
        .values_list("value", flat=True)
        .first()
    )
    listed_level = int(listed) if listed and listed.isdecimal() else None
    names = lessons(rung, word, traits, listed_level=listed_level)
    news = [show(charger, name, "yes", evidence, now=now) for name in names]
    return any(news)


def learn_from_answer(command: IssuedCommand, rung: Rung, *, has_zero: bool, signs: Signs, now: datetime) -> bool:
    """The charger refused: nothing is learnt where its transaction was over by then. True: try another way at once."""
    charger = command.charger
    word = word_of(command)
    if signs.is_over:
        return False
    if word == "RateLimitExceeded":
        # 2.1 K01.FR.56; others say so in words of their own, and are known for it by their model (quirk 63).
        show(charger, "throttles_profiles", "yes", f"{command.action} was answered {word} ({command.pk})", now=now)
        return False
    if word not in NOT_AT_ALL and _has_accepted(charger, rung) and not _refuses_for_good(command, signs.last_at):
        # What it took before it can take: its transaction may have ended, and its word of that be on its way.
        return False
    evidence = f"{command.action} {rung.purpose} on level {rung.stack_level} was answered {word} (command {command.pk})"
    traits = traits_of_charger(charger)
    if has_zero and not command.error_code and traits.pause is None:
        # Some refuse a limit of 0 and nothing else (quirk 60): without zeros it is tried once more.
        return show(charger, "pause", "remote_stop", f"{evidence}; it held a limit of 0", now=now)
    if not learn_refusal(charger, rung, word, evidence, now=now):
        return False
    notices.write(
        "limits.refused", charger, f"{charger} refuses limits as {rung.purpose}: {word}", at=now, command=command.pk
    )
    return True


def _has_accepted(charger: Charger, rung: Rung) -> bool:
    shown = charger.capabilities.filter(firmware=charger.firmware, name__in=("purpose", "stack_level"))
    return dict(shown.values_list("name", "value")) == {
        "purpose": rung.purpose.value,
        "stack_level": str(rung.stack_level),
    }


def _refuses_for_good(command: IssuedCommand, last_sign_at: datetime | None) -> bool:
    """Several times in a row, and what it refused them for has shown a sign of life since the first of them."""
    first_at = refused_since(IssuedCommand.objects.filter(charger=command.charger_id, kind=command.kind))
    return first_at is not None and last_sign_at is not None and last_sign_at > first_at


def refused_since(asked: QuerySet[IssuedCommand]) -> datetime | None:
    """When the first of its last refusals was asked for; None where one of the last answers was a yes."""
    answered = asked.filter(state__in=ANSWERED).order_by("-pk")
    last = list(answered.values_list("state", "issued_at")[:REFUSALS])
    if len(last) < REFUSALS or any(state == CommandState.ACCEPTED for state, _ in last):
        return None
    return last[-1][1]


def learn_from_silence(command: IssuedCommand, *, now: datetime) -> bool:
    """Some answer no absolute profile at all, and everything else (quirk 56): one that begins with the charge is tried.

    A lost answer is no such sign, so that it takes several, with other calls answered in between.
    """
    charger = command.charger
    asked = IssuedCommand.objects.filter(charger=charger)
    installs = asked.filter(kind=command.kind).order_by("-pk")
    if traits_of_charger(charger).source_of("kind") is not Source.GENERIC:
        return False
    if installs.filter(state__in=ANSWERED).exists():
        return False
    silent = list(installs.filter(state=CommandState.UNANSWERED)[:SILENCES])
    if len(silent) < SILENCES:
        return False
    if not asked.filter(state__in=ANSWERED, pk__gt=silent[-1].pk).exists():
        return False
    evidence = f"{SILENCES} absolute profiles were not answered, the last one by command {command.pk}"
    return show(charger, "kind", ProfileKind.RELATIVE.value, evidence, now=now)


def learn_acceptance(command: IssuedCommand, rung: Rung, *, has_zero: bool, now: datetime) -> None:
    """What worked is what is tried first from now on."""
    charger = command.charger
    evidence = f"accepted {command.action} (command {command.pk})"
    show(charger, "purpose", rung.purpose.value, evidence, now=now)
    show(charger, "stack_level", str(rung.stack_level), evidence, now=now)
    if has_zero:
        show(charger, "pause", "limit_zero", f"{evidence} with a limit of 0", now=now)


def learn_giving(command: IssuedCommand, *, is_refused: bool, is_over: bool, now: datetime) -> bool:
    """True where it refuses, and the plan has to do without."""
    charger = command.charger
    if not is_refused:
        show(charger, GIVES_BACK, "yes", f"accepted a set-point below zero (command {command.pk})", now=now)
        return False
    word = word_of(command)
    if is_over or word in NO_LESSON:
        return False
    told = f"A set-point below zero was answered {word} (command {command.pk})"
    if not show(charger, GIVES_BACK, "no", told, now=now):
        return False
    notices.write(
        "limits.refused", charger, f"{charger} does not let vehicles give back: {word}", at=now, command=command.pk
    )
    return True
