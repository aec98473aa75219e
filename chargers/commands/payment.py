"""Prices for a charger that counts by itself, and that somebody is paying (2.1 I07-I11, C25)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class KwhPrice:
    """A price before tax; the first that fits a moment holds. Times are the clock's on the wall, "HH:MM"."""

    price: Decimal
    weekdays: tuple[int, ...] = ()  # 1 is Monday; none: every day
    begins: str = ""
    ends: str = ""
    first_day: str = ""  # YYYY-MM-DD
    last_day: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTariff:
    """A price list as a charger takes it (2.1 TariffType): another content has another id (I08.FR.08)."""

    tariff_id: str
    currency: str
    kwh_prices: tuple[KwhPrice, ...]
    price_per_session: Decimal | None = None
    tax_percent: Decimal | None = None
    words: str = ""  # what the driver is shown
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveDefaultTariff(Command):
    kind: ClassVar[str] = "give_default_tariff"
    evse: int  # 0: all
    tariff: StationTariff


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTransactionTariff(Command):
    kind: ClassVar[str] = "change_transaction_tariff"
    reference: str
    tariff: StationTariff


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTariffs(Command):
    kind: ClassVar[str] = "read_tariffs"
    evse: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTariffs(Command):
    """Default ones only: those named, those of an EVSE, or all (I10)."""

    kind: ClassVar[str] = "clear_tariffs"
    tariff_ids: tuple[str, ...] = ()
    evse: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitWebPayment(Command):
    """Somebody opened the page to pay for this EVSE: nobody else is offered it for so long (C25)."""

    kind: ClassVar[str] = "await_web_payment"
    evse: int
    timeout_s: int
