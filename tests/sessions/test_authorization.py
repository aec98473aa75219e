"""May this token charge here, now, and whose vehicle is it?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargers.events import Token, TokenDecision, TokenStatus
from sessions.authorization import KnownToken, decide, vehicle_at
from sessions.place import NOWHERE, BayAccess, Place

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CARD, BLANK = Token("04AB12CD"), Token("  \x00")
HERE = Place(depot_key=1, bay_name="A07")
FOR_ANYONE = replace(HERE, access=BayAccess.ANYONE)
OF_VAN_12 = replace(HERE, access=BayAccess.OWN_VEHICLE, own_vehicle_id=12)
KNOWN = KnownToken(vehicle_id=12, group="night shift", expires_at=NOON + HOUR)


def status(
    known: KnownToken | None, place: Place = HERE, *, token: Token = CARD, elsewhere: bool = False
) -> TokenStatus:
    return decide(token, known, place=place, now=NOON, charges_elsewhere=elsewhere).status


def test_a_known_token_may_charge_and_its_group_and_expiry_are_told() -> None:
    assert decide(CARD, KNOWN, place=HERE, now=NOON) == TokenDecision(
        TokenStatus.ACCEPTED, expires_at=NOON + HOUR, group="night shift"
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, TokenStatus.UNKNOWN),
        (replace(KNOWN, is_blocked=True), TokenStatus.BLOCKED),
        (replace(KNOWN, vehicle_is_active=False), TokenStatus.BLOCKED),
        (replace(KNOWN, expires_at=NOON), TokenStatus.EXPIRED),
        (replace(KNOWN, expires_at=None, valid_from=NOON + HOUR), TokenStatus.NOT_NOW),
        (replace(KNOWN, expires_at=None, valid_from=NOON), TokenStatus.ACCEPTED),
        (replace(KNOWN, depot_key=1), TokenStatus.ACCEPTED),
        (replace(KNOWN, depot_key=2), TokenStatus.NOT_ALLOWED_HERE),
    ],
)
def test_a_token_is_judged_by_what_is_known_of_it(known: KnownToken | None, expected: TokenStatus) -> None:
    assert status(known) is expected


def test_a_blank_token_is_nobody() -> None:
    assert status(None, token=BLANK) is TokenStatus.INVALID


def test_a_token_of_another_depot_is_not_refused_where_the_place_is_not_known_yet() -> None:
    assert status(replace(KNOWN, depot_key=2), NOWHERE) is TokenStatus.ACCEPTED


def test_a_vehicle_that_charges_elsewhere_is_not_charged_twice() -> None:
    assert status(KNOWN, elsewhere=True) is TokenStatus.CONCURRENT


@pytest.mark.parametrize("known", [None, KNOWN, replace(KNOWN, expires_at=NOON), replace(KNOWN, depot_key=2)])
def test_where_anyone_may_charge_every_token_may(known: KnownToken | None) -> None:
    assert status(known, FOR_ANYONE) is TokenStatus.ACCEPTED
    assert status(known, FOR_ANYONE, elsewhere=True) is TokenStatus.ACCEPTED


def test_a_blocked_card_is_blocked_even_where_anyone_may_charge() -> None:
    assert status(replace(KNOWN, is_blocked=True), FOR_ANYONE) is TokenStatus.BLOCKED


def test_the_bay_of_one_vehicle_takes_its_tokens_and_those_of_no_vehicle() -> None:
    assert status(KNOWN, OF_VAN_12) is TokenStatus.ACCEPTED
    assert status(replace(KNOWN, vehicle_id=None), OF_VAN_12) is TokenStatus.ACCEPTED
    assert status(replace(KNOWN, vehicle_id=13), OF_VAN_12) is TokenStatus.NOT_ALLOWED_HERE


def test_a_charger_that_starts_when_plugged_in_shows_a_blank_token_for_the_bays_own_vehicle() -> None:
    assert status(None, OF_VAN_12, token=BLANK) is TokenStatus.ACCEPTED


def test_a_strangers_card_is_refused_at_the_bay_of_one_vehicle() -> None:
    assert status(None, OF_VAN_12) is TokenStatus.UNKNOWN


def test_the_vehicle_is_the_tokens_else_the_bays_own() -> None:
    assert vehicle_at(replace(KNOWN, vehicle_id=13), OF_VAN_12) == 13
    assert vehicle_at(replace(KNOWN, vehicle_id=None), OF_VAN_12) == 12
    assert vehicle_at(None, OF_VAN_12) == 12
    assert vehicle_at(None, OF_VAN_12, is_welcome=False) is None
    assert vehicle_at(None, HERE) is None
    assert vehicle_at(None, replace(HERE, own_vehicle_id=12)) is None
