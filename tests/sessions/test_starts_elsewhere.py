"""A start while another charge of the same charger, card or vehicle has not ended."""

import pytest

from chargers.choices import ConnectorStatus
from chargers.events import Token, TokenStatus
from chargers.models import Charger, Evse
from sessions.models import ClosedBy, IdToken, Session, TokenGroup
from sessions.services import store_readings
from tests.sessions.starts import start, tell, token_status
from tests.sessions.words import after, heard, meters, read
from tests.sessions.yard import codes, make_card, make_charger, make_evse, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def test_the_next_start_closes_what_its_charger_forgot_to_end(charger: Charger, evse: Evse) -> None:
    forgotten = start(charger)
    store_readings([heard(charger, meters(read(30, 6_000, 11_000), reference=forgotten.reference))])

    start(charger, after(180), at=after(180))

    forgotten.refresh_from_db()
    assert (forgotten.closed_by, forgotten.ended_at, forgotten.energy_wh) == (ClosedBy.EVIDENCE, after(30), 5_000)
    assert "stop_estimated" in codes(forgotten)
    assert Session.objects.running().count() == 1


def test_a_forgotten_session_does_not_keep_its_card_from_starting_again(charger: Charger, card: IdToken) -> None:
    start(charger)

    assert token_status(tell(charger, after(180), at=after(180))) is TokenStatus.ACCEPTED


def test_a_vehicle_that_draws_energy_elsewhere_is_refused(charger: Charger, evse: Evse, card: IdToken) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(5), at=after(5))) is TokenStatus.CONCURRENT


@pytest.mark.parametrize("status", [ConnectorStatus.FAULTED, ConnectorStatus.FINISHING, ConnectorStatus.UNKNOWN])
def test_an_open_row_alone_does_not_prove_that_a_vehicle_charges(
    charger: Charger, evse: Evse, card: IdToken, status: ConnectorStatus
) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, status)

    assert token_status(tell(charger, after(5), at=after(5))) is TokenStatus.ACCEPTED


@pytest.mark.parametrize(("minutes", "status"), [(1, TokenStatus.CONCURRENT), (3, TokenStatus.ACCEPTED)])
@pytest.mark.parametrize("limited_by", ["card", "group", "credit"])
def test_a_charge_that_was_just_let_begin_counts_for_the_limits_of_its_card(
    charger: Charger, evse: Evse, limited_by: str, minutes: float, status: TokenStatus
) -> None:
    TokenGroup.objects.create(name="night", max_concurrent=1)
    limits = {"card": {"max_concurrent": 1}, "group": {"group": "night"}, "credit": {"prepaid_balance": 20}}
    for name in ("FIRST", "SECOND"):
        make_card(name, **limits[limited_by])
    other = make_charger("CP-A08")
    make_evse(other)
    start(other, token=Token("FIRST"))

    second = Token("SECOND" if limited_by == "group" else "FIRST")
    assert token_status(tell(charger, after(minutes), at=after(minutes), token=second)) is status


def test_a_charge_that_broke_at_once_or_was_refused_takes_no_place(charger: Charger, evse: Evse) -> None:
    make_card("YARD", max_concurrent=1)
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other, token=Token("YARD"))
    shows(there, ConnectorStatus.FAULTED)

    assert token_status(tell(charger, after(1), at=after(1), token=Token("YARD"))) is TokenStatus.ACCEPTED


def test_a_charger_not_heard_of_for_long_does_not_hold_its_vehicle(charger: Charger, evse: Evse, card: IdToken) -> None:
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other)
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(600), at=after(600))) is TokenStatus.ACCEPTED


def test_a_card_of_no_vehicle_may_start_several(charger: Charger, evse: Evse) -> None:
    make_card("YARD", vehicle=None)
    other = make_charger("CP-A08")
    there = make_evse(other)
    start(other, token=Token("YARD"))
    shows(there, ConnectorStatus.CHARGING)

    assert token_status(tell(charger, after(1), at=after(1), token=Token("YARD"))) is TokenStatus.ACCEPTED
