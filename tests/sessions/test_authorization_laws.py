"""What holds of the one decision, whatever is known of a token, a place and a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from chargers.events import ChargeLimit, Token, TokenStatus
from sessions.authorization import Asked, InUse, KnownToken, at_once_with, decide, decide_at_charger, limit_of, may_stop
from sessions.place import BayAccess, KeptFor, Place

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
moments = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours))
groups = st.sampled_from(["", "night shift", "day shift"])
keys = st.sampled_from(["van12", "van13", "04ab"])
numbers = st.none() | st.integers(1, 3)
money = st.none() | st.decimals(-5, 50, places=2)
known_tokens = st.builds(
    KnownToken,
    key=keys,
    is_blocked=st.booleans(),
    valid_from=st.none() | moments,
    expires_at=st.none() | moments,
    group=groups,
    depot_key=numbers,
    bay_keys=st.frozensets(st.integers(1, 3)),
    vehicle_id=numbers,
    vehicle_is_active=st.booleans(),
    is_master_pass=st.booleans(),
    max_concurrent=numbers,
    group_max_concurrent=numbers,
    credit=money,
    limit=st.builds(ChargeLimit, cost=money, energy_wh=st.none() | st.integers(0, 90_000)),
)
# Nothing speaks against the card itself: what is then decided is about the place and the use.
sound_tokens = known_tokens.map(
    lambda known: replace(
        known, is_blocked=False, valid_from=None, expires_at=None, vehicle_is_active=True, is_master_pass=False
    )
)
places = st.builds(
    Place,
    depot_key=numbers,
    bay_key=numbers,
    access=st.sampled_from(BayAccess),
    own_vehicle_id=numbers,
    kept_for=st.none() | st.builds(KeptFor, token_key=keys, group=groups, name=st.just("Van 151")),
)
purposes = st.sampled_from(Asked)
uses = st.builds(InUse, by_vehicle=st.booleans(), by_token=st.integers(0, 4), by_group=st.integers(0, 4))


@given(known_tokens, places, purposes, uses)
def test_a_blocked_token_is_never_accepted(known: KnownToken, place: Place, asked: Asked, in_use: InUse) -> None:
    blocked = replace(known, is_blocked=True)

    decision = decide(Token(known.key), blocked, place=place, now=NOON, asked=asked, in_use=in_use)

    assert decision.status is TokenStatus.BLOCKED


@given(known_tokens, places, purposes, uses)
def test_a_token_out_of_its_time_is_never_accepted(
    known: KnownToken, place: Place, asked: Asked, in_use: InUse
) -> None:
    assume((known.expires_at or NOON + timedelta(1)) <= NOON or (known.valid_from or NOON) > NOON)

    decision = decide(Token(known.key), known, place=place, now=NOON, asked=asked, in_use=in_use)

    assert decision.status is not TokenStatus.ACCEPTED


@given(known_tokens, places, purposes, uses)
def test_who_is_refused_hears_why_and_is_promised_nothing(
    known: KnownToken, place: Place, asked: Asked, in_use: InUse
) -> None:
    decision = decide(Token(known.key), known, place=place, now=NOON, asked=asked, in_use=in_use)

    assert bool(decision.why) == (decision.status is not TokenStatus.ACCEPTED)
    if decision.status is not TokenStatus.ACCEPTED:
        assert not decision.limit


@given(sound_tokens, places, uses)
def test_more_use_never_makes_a_refused_start_an_accepted_one(known: KnownToken, place: Place, in_use: InUse) -> None:
    more = InUse(by_vehicle=True, by_token=in_use.by_token + 1, by_group=in_use.by_group + 1)

    accepted = [
        decide(Token(known.key), known, place=place, now=NOON, asked=Asked.START, in_use=use).status
        is TokenStatus.ACCEPTED
        for use in (in_use, more)
    ]

    assert accepted[0] or not accepted[1]


@given(sound_tokens, places, uses)
def test_whoever_may_start_may_be_shown(known: KnownToken, place: Place, in_use: InUse) -> None:
    started = decide(Token(known.key), known, place=place, now=NOON, asked=Asked.START, in_use=in_use)
    shown = decide(Token(known.key), known, place=place, now=NOON)

    assert shown.status is TokenStatus.ACCEPTED or started.status is not TokenStatus.ACCEPTED


@given(sound_tokens, places)
def test_what_is_in_a_list_may_start_and_is_neither_prepaid_nor_a_master_pass(known: KnownToken, place: Place) -> None:
    listed, started = (
        decide(Token(known.key), known, place=place, now=NOON, asked=asked) for asked in (Asked.LIST, Asked.START)
    )
    master = decide(Token(known.key), replace(known, is_master_pass=True), place=place, now=NOON, asked=Asked.LIST)

    assert master.status is not TokenStatus.ACCEPTED
    if listed.status is TokenStatus.ACCEPTED:
        assert known.credit is None
        assert started.status is TokenStatus.ACCEPTED


@given(sound_tokens, places, uses)
def test_no_start_exceeds_what_the_card_and_its_group_may_do_at_a_time(
    known: KnownToken, place: Place, in_use: InUse
) -> None:
    known_here = replace(place, access=BayAccess.KNOWN)
    decision = decide(Token(known.key), known, place=known_here, now=NOON, asked=Asked.START, in_use=in_use)

    at_once = at_once_with(known)
    too_many = at_once is not None and in_use.by_token >= at_once
    of_group = known.group_max_concurrent if known.group else None
    too_many_of_group = of_group is not None and in_use.by_group >= of_group
    if too_many or too_many_of_group:
        assert decision.status is not TokenStatus.ACCEPTED


@given(known_tokens, st.dictionaries(st.integers(1, 4), places, min_size=1))
def test_where_several_places_are_a_token_is_welcome_at_those_where_it_is_accepted(
    known: KnownToken, at: dict[int, Place]
) -> None:
    decision = decide_at_charger(Token(known.key), known, places=at, now=NOON, anywhere=Place())

    welcome = {n for n, one in at.items() if decide(Token(known.key), known, place=one, now=NOON).status == "Accepted"}
    assert (decision.status is TokenStatus.ACCEPTED) == bool(welcome)
    assert set(decision.evses) == (welcome if 0 < len(welcome) < len(at) else set())


@given(known_tokens)
def test_a_charge_never_may_cost_more_than_is_left(known: KnownToken) -> None:
    cost = limit_of(known).cost

    assert known.credit is None or (cost is not None and cost <= known.credit)
    assert cost in (None, known.credit, known.limit.cost)


@given(known_tokens, keys, groups)
def test_members_of_a_group_stop_each_others_charges_and_nobody_elses(
    stopper: KnownToken, began_key: str, began_group: str
) -> None:
    member = replace(stopper, is_blocked=False, is_master_pass=False)
    assume(member.key != began_key)

    allowed = may_stop(member, shown_key=member.key, began_key=began_key, began_group=began_group)

    assert allowed == (bool(began_group) and member.group == began_group)


@given(known_tokens, keys, groups)
def test_a_blocked_card_stops_nothing_but_what_it_began(stopper: KnownToken, began_key: str, began_group: str) -> None:
    blocked = replace(stopper, is_blocked=True)

    assert may_stop(blocked, shown_key=blocked.key, began_key=began_key, began_group=began_group) == (
        blocked.key == began_key
    )


def test_credit_below_nothing_is_no_credit() -> None:
    decision = decide(Token("x"), KnownToken(key="x", credit=Decimal("-0.01")), place=Place(), now=NOON)

    assert decision.status is TokenStatus.NO_CREDIT
