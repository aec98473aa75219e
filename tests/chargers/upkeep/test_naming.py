"""A setting's whole name in one line."""

import pytest

from chargers.events import Setting
from chargers.upkeep.naming import read_name, write_name

NAMES = {
    "HeartbeatInterval": Setting("HeartbeatInterval"),
    "ChargeRate[1]": Setting("ChargeRate[1]"),
    "TxCtrlr.EVConnectionTimeOut": Setting("EVConnectionTimeOut", "TxCtrlr"),
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": Setting(
        "MessageAttempts", "OCPPCommCtrlr", variable_instance="TransactionEvent"
    ),
    "Limiter[outer].Level[a.b]": Setting("Level", "Limiter", "outer", "a.b"),
}


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_as_it_is_written(name: str) -> None:
    assert read_name(name) == NAMES[name]
    assert write_name(NAMES[name]) == name


@pytest.mark.parametrize("name", ["", " ", ".", "A.", ".B", "A.B[", "A[].B", "A.B]c"])
def test_what_is_no_name_is_none(name: str) -> None:
    assert read_name(name) is None
