"""What a charger knows of a customer, told or forgotten (2.x N09, N10)."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerInformation(Command):
    """The customer is named by one of token and identifier."""

    kind: ClassVar[str] = "customer_information"
    request_id: int
    report: bool
    clear: bool
    token: str = ""
    token_type: str = "Central"
    identifier: str = ""
