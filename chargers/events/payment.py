"""Money at the charger: its price lists, what it counted, what was paid there, who wants a receipt (2.1 C18-C25, I)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chargers.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCost:
    """What the charger itself has counted for a transaction so far, or in all (2.1 I12)."""

    currency: str
    before_tax: Decimal | None = None
    with_tax: Decimal | None = None
    energy_wh: int | None = None
    tariff_id: str = ""
    failure: str = ""  # why it could not count, where it could not


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a charger says of the price of a charge: its price list, and what it has counted (2.1 I12)."""

    tariff_id: str = ""
    cost: ToldCost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffTaken(Event[None]):
    """The charger took a price list: for an EVSE (0: for all), or for one transaction (2.1 I07, I11)."""

    tariff_id: str
    evse: int = 0
    reference: str = ""
    currency: str = ""
    valid_from: datetime | None = None


class TariffUse(StrEnum):
    DEFAULT = "DefaultTariff"
    DRIVER = "DriverTariff"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTariff:
    tariff_id: str
    use: TariffUse
    evses: tuple[int, ...] = ()
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffsListed(Event[None]):
    """Every price list that the charger holds at an EVSE, or at all (0): others it does not hold (2.1 I09)."""

    evse: int
    tariffs: tuple[HeldTariff, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffsGone(Event[None]):
    """These default price lists are not there any more, at this EVSE or at all (2.1 I10)."""

    tariff_ids: tuple[str, ...]
    evse: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostShown(Event[None]):
    """The charger took what a charge has come to, for its display (2.x I02)."""

    reference: str
    total: Decimal


class SettlementState(StrEnum):
    SETTLED = "Settled"
    CANCELED = "Canceled"
    REJECTED = "Rejected"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    name: str
    address: str
    city: str
    country: str
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    number: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettled(Event[Receipt]):
    """What the payment terminal of a charger has taken for a charge, or could not take (2.1 C21, C22)."""

    psp_reference: str
    state: SettlementState
    amount: Decimal
    at: datetime
    reference: str = ""  # of the transaction, where there was one
    info: str = ""
    receipt: Receipt = Receipt()
    company: Company | None = None
    vat_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VatDecision:
    is_accepted: bool
    vat_number: str  # as it was asked for
    evse: int | None = None
    company: Company | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VatNumberAsked(Event[VatDecision]):
    """A driver wants this number on the receipt: is it one (2.1 C18.FR.08)?"""

    vat_number: str
    evse: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPaymentAwaited(Event[None]):
    """The charger knows that somebody pays on the web for this EVSE, and keeps it for so long (2.1 C25)."""

    evse: int
    timeout_s: int
