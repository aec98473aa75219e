"""May this token charge here, now, and whose vehicle is it?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chargers.events import NO_LIMIT, ChargeLimit, Token, TokenDecision, TokenStatus
from sessions.authorization import (
    NOWHERE_ELSE,
    Asked,
    InUse,
    KnownToken,
    decide,
    decide_at_charger,
    may_stop,
    vehicle_at,
)
from sessions.place import NOWHERE, BayAccess, KeptFor, Place

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CARD, BLANK = Token("04AB12CD"), Token("  \x00")
HERE = Place(depot_key=1, bay_name="A07")
FOR_ANYONE = replace(HERE, access=BayAccess.ANYONE)
OF_VAN_12 = replace(HERE, access=BayAccess.OWN_VEHICLE, own_vehicle_id=12)
KNOWN = KnownToken(vehicle_id=12, group="night shift", expires_at=NOON + HOUR)


def status(
    known: KnownToken | None,
    place: Place = HERE,
    *,
    token: Token = CARD,
    asked: Asked = Asked.SHOWN,
    in_use: InUse = NOWHERE_ELSE,
) -> TokenStatus:
    return decide(token, known, place=place, now=NOON, asked=asked, in_use=in_use).status


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
    assert status(KNOWN, asked=Asked.START, in_use=InUse(by_vehicle=True)) is TokenStatus.CONCURRENT


def test_a_card_that_charges_already_may_be_shown_to_stop() -> None:
    assert status(KNOWN, in_use=InUse(by_vehicle=True, by_token=1)) is TokenStatus.ACCEPTED


@pytest.mark.parametrize("known", [None, KNOWN, replace(KNOWN, depot_key=2), replace(KNOWN, bay_keys=frozenset({99}))])
def test_where_anyone_may_charge_every_token_may(known: KnownToken | None) -> None:
    assert status(known, FOR_ANYONE) is TokenStatus.ACCEPTED
    assert status(known, FOR_ANYONE, asked=Asked.START, in_use=InUse(by_vehicle=True)) is TokenStatus.ACCEPTED


def test_a_blocked_or_expired_card_is_refused_even_where_anyone_may_charge() -> None:
    assert status(replace(KNOWN, is_blocked=True), FOR_ANYONE) is TokenStatus.BLOCKED
    assert status(replace(KNOWN, expires_at=NOON), FOR_ANYONE) is TokenStatus.EXPIRED


def test_a_card_for_some_bays_is_refused_at_others() -> None:
    for_a07 = replace(KNOWN, bay_keys=frozenset({7}))

    assert status(for_a07, replace(HERE, bay_key=7)) is TokenStatus.ACCEPTED
    assert status(for_a07, replace(HERE, bay_key=8)) is TokenStatus.NOT_ALLOWED_HERE
    assert status(for_a07, HERE) is TokenStatus.ACCEPTED


def test_as_many_charges_at_a_time_as_the_card_allows() -> None:
    two = replace(KNOWN, vehicle_id=None, max_concurrent=2)

    assert status(two, asked=Asked.START, in_use=InUse(by_token=1)) is TokenStatus.ACCEPTED
    assert status(two, asked=Asked.START, in_use=InUse(by_token=2)) is TokenStatus.CONCURRENT


def test_as_many_charges_at_a_time_as_the_group_allows() -> None:
    of_two = replace(KNOWN, vehicle_id=None, group_max_concurrent=2)

    assert status(of_two, asked=Asked.START, in_use=InUse(by_group=1)) is TokenStatus.ACCEPTED
    refused = decide(CARD, of_two, place=HERE, now=NOON, asked=Asked.START, in_use=InUse(by_group=2))
    assert (refused.status, refused.why) == (
        TokenStatus.CONCURRENT, "Its group night shift charges already at 2 places, and may at 2",
    )  # fmt: skip


def test_a_master_pass_may_be_shown_and_stop_but_starts_nothing() -> None:
    master = replace(KNOWN, group="", is_master_pass=True)

    shown = decide(CARD, master, place=replace(HERE, depot_key=2), now=NOON)
    assert (shown.status, shown.group) == (TokenStatus.ACCEPTED, "MASTERPASS")
    assert status(master, asked=Asked.STOP) is TokenStatus.ACCEPTED
    assert status(master, asked=Asked.START) is TokenStatus.INVALID
    assert status(master, asked=Asked.LIST) is TokenStatus.INVALID


def test_credit_is_the_cost_limit_and_no_charger_remembers_the_card() -> None:
    prepaid = replace(KNOWN, credit=Decimal("12.50"), limit=ChargeLimit(cost=Decimal(20), energy_wh=9_000))

    decision = decide(CARD, prepaid, place=HERE, now=NOON)

    assert (decision.status, decision.cache_until) == (TokenStatus.ACCEPTED, NOON)
    assert decision.limit == ChargeLimit(cost=Decimal("12.50"), energy_wh=9_000)


def test_without_credit_nothing_starts_and_what_runs_may_stop() -> None:
    spent = replace(KNOWN, credit=Decimal(0))

    decision = decide(CARD, spent, place=HERE, now=NOON)

    assert (decision.status, decision.cache_until, decision.limit) == (TokenStatus.NO_CREDIT, NOON, NO_LIMIT)
    assert status(spent, asked=Asked.STOP) is TokenStatus.ACCEPTED


def test_credit_is_promised_to_one_charge_at_a_time() -> None:
    prepaid = replace(KNOWN, vehicle_id=None, credit=Decimal(10))

    assert status(prepaid, asked=Asked.START, in_use=InUse(by_token=1)) is TokenStatus.CONCURRENT


def test_a_prepaid_card_is_in_no_chargers_list() -> None:
    assert status(replace(KNOWN, credit=Decimal(10)), asked=Asked.LIST) is TokenStatus.INVALID


def test_a_place_kept_for_somebody_takes_him_and_his_group_only() -> None:
    kept = replace(HERE, kept_for=KeptFor(token_key="ours151", group="night shift", name="Van 151"))

    refused = decide(CARD, replace(KNOWN, group=""), place=kept, now=NOON)
    assert (refused.status, refused.why) == (TokenStatus.NOT_NOW, "The place is kept for Van 151")
    assert status(KNOWN, kept) is TokenStatus.ACCEPTED
    assert status(replace(KNOWN, group="", key="ours151"), kept) is TokenStatus.ACCEPTED
    assert status(None, replace(kept, access=BayAccess.ANYONE)) is TokenStatus.NOT_NOW
    assert status(replace(KNOWN, group=""), kept, asked=Asked.STOP) is TokenStatus.ACCEPTED


def test_shown_at_a_charger_of_several_places_it_is_told_where_it_may_charge() -> None:
    for_van_13 = replace(HERE, access=BayAccess.OWN_VEHICLE, own_vehicle_id=13)

    some = decide_at_charger(CARD, KNOWN, places={1: HERE, 2: for_van_13}, now=NOON, anywhere=HERE)
    everywhere = decide_at_charger(CARD, KNOWN, places={1: HERE, 2: HERE}, now=NOON, anywhere=HERE)
    nowhere = decide_at_charger(CARD, KNOWN, places={1: for_van_13}, now=NOON, anywhere=HERE)

    assert (some.status, some.evses) == (TokenStatus.ACCEPTED, (1,))
    assert (everywhere.status, everywhere.evses) == (TokenStatus.ACCEPTED, ())
    assert nowhere.status is TokenStatus.NOT_ALLOWED_HERE


def test_who_may_stop_a_charge() -> None:
    began = {"began_key": "van12", "began_group": "night shift"}

    assert may_stop(None, shown_key="van12", **began)
    assert may_stop(KNOWN, shown_key="other", **began)
    assert may_stop(replace(KNOWN, group="", is_master_pass=True), shown_key="other", **began)
    assert not may_stop(replace(KNOWN, group="day shift"), shown_key="other", **began)
    assert not may_stop(replace(KNOWN, is_blocked=True), shown_key="other", **began)
    assert not may_stop(replace(KNOWN, group=""), shown_key="other", began_key="van12", began_group="")


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


def test_who_starts_by_a_button_is_welcome_and_not_where_the_place_is_kept() -> None:
    """2.x C02.FR.02: the charger itself is set to ask nobody."""
    button = Token("", "NoAuthorization")
    kept = replace(HERE, kept_for=KeptFor(token_key="van12", name="Van 12"))

    assert status(None, token=button, asked=Asked.START) is TokenStatus.ACCEPTED
    assert status(None, kept, token=button, asked=Asked.START) is TokenStatus.NOT_NOW
