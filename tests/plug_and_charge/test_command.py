"""A contract of the test PKI for one of our vehicles, by one line."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from depot.plug_and_charge.local import OwnPki
from sessions.models import IdToken
from tests.factories import make_vehicle

pytestmark = pytest.mark.django_db


def test_a_vehicle_gets_an_emaid_and_a_certificate_that_holds(tmp_path: Path) -> None:
    van = make_vehicle("Van 12")

    call_command("contractcertificate", "DE-8AA-C12345678-X", "--vehicle", "Van 12", "--out", str(tmp_path))

    token = IdToken.objects.get()
    assert (token.value, token.type, token.vehicle) == ("DE8AAC12345678X", "eMAID", van)
    assert OwnPki().check_contract(token.value, (tmp_path / "contract.pem").read_text(), []) == "Accepted"


def test_a_vehicle_that_is_not_there_gets_none() -> None:
    with pytest.raises(CommandError, match="no vehicle"):
        call_command("contractcertificate", "DE8AAC1", "--vehicle", "Van 99")
