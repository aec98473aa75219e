"""What was asked of a charger, and what became of it, in a dispatcher's words."""

import pytest

from chargers.choices import CommandState
from chargers.commands.base import KINDS
from chargers.models import IssuedCommand
from depot.board.asked import TITLES, stand_of


def test_whatever_is_asked_has_words_of_its_own() -> None:
    assert set(KINDS) - set(TITLES) == set()


@pytest.mark.parametrize(
    ("state", "status", "code", "description", "expected"),
    [
        (CommandState.REJECTED, "Rejected", "", "", "Refused by the charger"),
        (CommandState.REJECTED, "TxNotFound", "", "", "Refused by the charger: it knows no such charge (TxNotFound)"),
        (CommandState.REJECTED, "UnknownVariable: EVSE.Colour", "", "",
         "Refused by the charger: it has no such setting (UnknownVariable: EVSE.Colour)"),
        (CommandState.REJECTED, "Purple", "", "", "Refused by the charger: Purple"),
        (CommandState.ERROR, "", "NotSupported", "UnpublishFirmware",
         "The charger answered with an error: it cannot do that (NotSupported)"),
        (CommandState.ERROR, "", "GenericError", "out of paper", "The charger answered with an error: out of paper"),
    ],
)  # fmt: skip
def test_a_refusal_is_said_in_plain_words_with_the_charger_s_own_behind(
    state: CommandState, status: str, code: str, description: str, expected: str
) -> None:
    command = IssuedCommand(state=state, status=status, error_code=code, error_description=description)

    assert stand_of(command)[2] == expected


def test_what_a_charger_says_beside_its_refusal_is_told() -> None:
    told = {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile", "additionalInfo": "it is not dynamic"}}
    command = IssuedCommand(state=CommandState.REJECTED, status="Rejected", response=told)

    assert stand_of(command)[2] == "Refused by the charger: InvalidProfile: it is not dynamic"
