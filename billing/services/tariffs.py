"""Making and changing tariffs: a version that was in force is never edited."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import IntegrityError, transaction

from billing.models import Tariff
from sessions.models import Session


class TariffNameTaken(Exception):
    """It would be a version of another tariff."""


class TariffReplaced(Exception):
    """A newer version exists; the change belongs to that one."""


class TariffInUse(Exception):
    """Sessions were told its prices."""


class ValidFromPast(Exception):
    """A new price that held in the past would bill sessions otherwise than was announced when they started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a version of a tariff says."""

    currency: str
    price_per_kwh: Decimal
    time_zone: str = ""
    periods: list[dict[str, Any]] = field(default_factory=list)
    price_per_session: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)
    valid_from: datetime | None = None

    @classmethod
    def of(cls, tariff: Tariff) -> Self:
        return cls(**{name: getattr(tariff, name) for name in cls.__slots__})


def make_tariff(name: str, terms: Terms, *, now: datetime) -> Tariff:
    """A tariff in its first version, which also holds for sessions that started before it was made.

    Raises TariffNameTaken.
    """
    try:
        with transaction.atomic():
            return Tariff.objects.create(name=name, created_at=now, **asdict(terms))
    except IntegrityError as error:
        if Tariff.objects.filter(name=name).exists():
            raise TariffNameTaken from error
        raise


def change_tariff(tariff: Tariff, changes: Mapping[str, Any], *, now: datetime) -> Tariff:
    """The next version, in force from now or from a later `valid_from`; the same version where nothing changes.

    Raises TariffReplaced, ValidFromPast.
    """
    with transaction.atomic():
        current = Tariff.objects.select_for_update(of=("self",)).get(pk=tariff.pk)
        terms = Terms.of(current)
        if terms.valid_from is not None and terms.valid_from <= now:
            terms = replace(terms, valid_from=None)
        changed = replace(terms, **changes)
        if changed == terms:
            return current
        if current.replaced_by_id is not None:
            raise TariffReplaced
        if changed.valid_from is not None and changed.valid_from < now:
            raise ValidFromPast
        newer = Tariff.objects.create(name=current.name, version=current.version + 1, created_at=now, **asdict(changed))
        Tariff.objects.filter(pk=current.pk).update(replaced_by=newer)
    return newer


def remove_tariff(tariff: Tariff) -> None:
    """Take away a tariff that was never used. Raises TariffInUse, and ProtectedError where a depot or bay has it."""
    with transaction.atomic():
        if Session.objects.filter(tariff_key=tariff.pk).exists():
            raise TariffInUse
        tariff.delete()
