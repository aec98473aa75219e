"""A session ends by the charger's own stop: in time, late, twice, or as the only word that there is of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, EffectState
from chargers.events import Reading, Token, TokenDecision, TokenStatus
from chargers.models import Charger, Evse, IssuedCommand
from chargers.trace import recorder
from sessions.models import ClosedBy, IdToken, MeterReading, Session
from sessions.services import Outcome, close_forgotten, end_session, start_session, store_readings
from tests.sessions.words import CARD, after, ended, heard, meters, read, started
from tests.sessions.yard import BAY, NOON, codes, make_card, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def start(charger: Charger, **said: Any) -> Session:
    event = started(**said)
    session = start_session(charger, event, place=BAY, heard_at=event.at).session
    assert session is not None
    return session


def stop(charger: Charger, reference: object, heard_at: datetime | None = None, **said: Any) -> Outcome:
    return end_session(charger, ended(reference, **said), place=BAY, heard_at=heard_at or after(60))


def test_a_session_ends_as_its_charger_says(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    outcome = stop(charger, session.reference, reason="EVDisconnected", token=CARD)

    session.refresh_from_db()
    assert outcome.session == session
    assert (session.ended_at, session.ended_heard_at, session.closed_by) == (after(60), after(60), ClosedBy.CHARGER)
    assert (session.meter_stop_wh, session.energy_wh) == (8_000, 7_000)
    assert (session.stop_reason, session.stop_token_value) == ("EVDisconnected", "04AB12CD")


def test_a_stop_told_again_changes_nothing(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    data = tuple(read(minutes, 1_000 + minutes * 100, 6_000) for minutes in (0, 20, 40, 60))

    stop(charger, session.reference, readings=data)
    again = stop(charger, session.reference, after(90), readings=data)

    session.refresh_from_db()
    assert again.is_news is False
    assert (session.ended_heard_at, session.energy_wh) == (after(60), 7_000)
    assert MeterReading.objects.count() == 4


def test_what_a_stop_brings_that_was_read_before_is_kept_once(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    store_readings([heard(charger, meters(read(20, 3_000, 6_000), reference=session.reference))])

    stop(charger, session.reference, readings=(read(20, 3_000, 6_000), read(60, 8_000)))

    assert list(MeterReading.objects.order_by("at").values_list("energy_wh", flat=True)) == [3_000, 8_000]


def test_a_stop_without_a_card_has_no_card_to_judge(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    assert stop(charger, session.reference, token=None).decision is None


def test_a_stop_by_a_card_is_answered_by_what_that_card_may(charger: Charger, evse: Evse, card: IdToken) -> None:
    session = start(charger)
    make_card("OTHER", group="night shift")

    own = stop(charger, session.reference, token=CARD)
    another = stop(charger, session.reference, token=Token("OTHER"))

    assert own.decision == TokenDecision(TokenStatus.ACCEPTED)
    assert another.decision == TokenDecision(TokenStatus.ACCEPTED, group="night shift")


def test_a_blocked_card_may_still_end_its_session(charger: Charger, evse: Evse, card: IdToken) -> None:
    session = start(charger)
    IdToken.objects.update(standing="blocked")

    outcome = stop(charger, session.reference, token=CARD)

    session.refresh_from_db()
    assert isinstance(outcome.decision, TokenDecision)
    assert (outcome.decision.status, outcome.decision.why) == (TokenStatus.BLOCKED, "It is blocked")
    assert session.ended_at == after(60)


def test_what_is_complete_may_be_settled_at_once(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, session.reference)

    session.refresh_from_db()
    assert (session.settle_after, session.quality) == (after(60), [])


def test_what_may_still_be_told_otherwise_is_settled_later(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, session.reference, meter_wh=None, readings=(read(59, 7_000),))

    session.refresh_from_db()
    assert session.settle_after == after(70)
    assert (session.energy_wh, codes(session)) == (6_000, {"stop_register_missing"})


def test_a_stop_a_watt_hour_below_the_start_took_nothing_and_says_so(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, session.reference, meter_wh=999)

    session.refresh_from_db()
    assert (session.energy_wh, codes(session)) == (0, {"clamped"})


def test_a_charger_that_tells_odd_registers_is_remembered_for_it(
    charger: Charger, evse: Evse, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[int, str]] = []
    monkeypatch.setattr(recorder, "count", lambda charger_id, kind, example, at: counted.append((charger_id, kind)))
    session = start(charger)
    store_readings([heard(charger, meters(read(30, 5_000), read(50, 7_000), reference=session.reference))])

    stop(charger, session.reference, meter_wh=1_000)

    session.refresh_from_db()
    assert (session.energy_wh, codes(session)) == (6_000, {"stop_register_stale"})
    assert counted == [(charger.pk, "Meter: stop_register_stale")]


def test_a_lifetime_register_is_not_booked_as_a_sessions_energy(charger: Charger, evse: Evse) -> None:
    session = start(charger, meter_wh=None)

    stop(charger, session.reference, meter_wh=7_900_000)

    session.refresh_from_db()
    assert (session.energy_wh, codes(session)) == (None, {"stop_register_unlike", "energy_unknown"})


def test_a_clock_that_fell_back_does_not_end_a_session_before_it_began(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, session.reference, at=after(-600))

    session.refresh_from_db()
    assert (session.ended_at, session.energy_wh) == (after(60), 7_000)
    assert codes(session) == {"stop_before_start"}


def test_a_stop_of_1970_ends_the_session_when_it_was_heard(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, session.reference, at=datetime(1970, 1, 1, 1, tzinfo=UTC))

    session.refresh_from_db()
    assert (session.ended_at, session.energy_wh, codes(session)) == (after(60), 7_000, {"time_repaired"})


@pytest.mark.parametrize("unknown", [0, -1, 4711, ""])
def test_a_stop_that_names_no_session_of_ours_ends_the_one_it_fits(
    charger: Charger, evse: Evse, card: IdToken, unknown: object
) -> None:
    session = start(charger)
    start(charger, evse=2, token=Token("ANOTHER"), meter_wh=70_000)

    outcome = stop(charger, unknown, token=CARD)

    session.refresh_from_db()
    assert outcome.session == session
    assert (session.ended_at, session.energy_wh, codes(session)) == (after(60), 7_000, {"stop_matched"})
    assert session.settle_after == after(70)
    assert Session.objects.running().count() == 1


def test_a_stop_that_names_no_session_is_known_when_it_is_told_again(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    stop(charger, -1, token=CARD)
    again = stop(charger, -1, after(75), token=CARD)

    assert (again.session, again.is_news) == (session, False)
    assert Session.objects.count() == 1


def test_a_stop_without_a_card_is_matched_by_its_register(charger: Charger, evse: Evse) -> None:
    start(charger, evse=2, meter_wh=900_000)
    session = start(charger)

    assert stop(charger, -1).session == session


def test_a_stop_that_fits_two_sessions_is_nobodys_and_is_kept_for_review(charger: Charger) -> None:
    for number in (1, 2):
        start(charger, evse=number, token=CARD)

    orphan = stop(charger, -1, token=CARD).session

    assert orphan is not None
    assert Session.objects.running().count() == 2
    assert (orphan.evse, orphan.meter_stop_wh, orphan.energy_wh) == (None, 8_000, None)
    assert {"start_unknown", "evse_unknown", "energy_unknown"} <= codes(orphan)


def test_a_stop_of_another_card_ends_nobodys_session(charger: Charger, evse: Evse) -> None:
    session = start(charger)

    orphan = stop(charger, 4711, token=Token("SOMEBODY")).session

    session.refresh_from_db()
    assert session.ended_at is None
    assert orphan != session


def test_a_card_of_the_same_group_ends_the_session_it_fits(charger: Charger, evse: Evse) -> None:
    make_card(group="night shift")
    make_card("OTHER", group="night shift")
    session = start(charger)

    assert stop(charger, -1, token=Token("OTHER")).session == session


def test_a_stop_from_before_the_last_reading_is_of_another_session(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    store_readings([heard(charger, meters(read(50, 6_000, 6_000), reference=session.reference))])

    orphan = stop(charger, 4711, token=CARD, at=after(20)).session

    session.refresh_from_db()
    assert session.ended_at is None
    assert orphan != session


def test_a_stop_alone_is_kept_as_a_session_with_an_unknown_start(charger: Charger, card: IdToken) -> None:
    outcome = stop(charger, 4711, token=CARD)

    session = Session.objects.get()
    assert outcome.decision == TokenDecision(TokenStatus.ACCEPTED)
    assert (session.closed_by, session.started_at, session.ended_at) == (ClosedBy.CHARGER, after(60), after(60))
    assert (session.vehicle, session.energy_wh, session.settle_after) == (card.vehicle, None, after(70))


def test_a_stop_alone_told_again_is_kept_once(charger: Charger) -> None:
    first = stop(charger, 4711)
    again = stop(charger, 4711, after(70))

    assert (again.session, again.is_news) == (first.session, False)
    assert Session.objects.count() == 1


def test_a_stop_alone_that_brings_the_first_register_has_its_energy(charger: Charger) -> None:
    begin = read(0, 1_000, context="Transaction.Begin")

    session = stop(charger, 4711, readings=(begin, read(60, 8_000, context="Transaction.End"))).session

    assert session is not None
    assert (session.started_at, session.energy_wh) == (NOON, 7_000)


def test_an_end_told_before_its_start_is_completed_by_it(newer: Charger) -> None:
    end_session(newer, ended("tx-1", evse=1, token=CARD), place=BAY, heard_at=after(61))

    late = start_session(newer, started(reference="tx-1"), place=BAY, heard_at=after(62))

    session = Session.objects.get()
    assert late.session == session
    assert late.is_news
    assert (session.started_at, session.ended_at, session.energy_wh) == (NOON, after(60), 7_000)
    assert session.quality == []
    assert session.settle_after == after(62)


def test_a_start_told_after_settling_asks_for_a_correction(newer: Charger) -> None:
    end_session(newer, ended("tx-1", evse=1), place=BAY, heard_at=after(61))
    Session.objects.update(settled_at=after(80))

    start_session(newer, started(reference="tx-1"), place=BAY, heard_at=after(90))

    session = Session.objects.get()
    assert session.needs_correction
    assert (session.energy_wh, session.correction_reason) == (7_000, "Its start was told later.")


def test_the_real_stop_replaces_what_evidence_had_closed(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    start(charger, at=after(180), meter_wh=8_000)

    stop(charger, session.reference, after(181))

    session.refresh_from_db()
    assert (session.closed_by, session.ended_at, session.energy_wh) == (ClosedBy.CHARGER, after(60), 7_000)
    assert session.quality == []
    assert not session.needs_correction


def test_the_real_stop_of_a_settled_session_asks_for_a_correction(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    start(charger, at=after(180), meter_wh=8_000)
    Session.objects.filter(pk=session.pk).update(settled_at=after(200))

    stop(charger, session.reference, after(300))

    session.refresh_from_db()
    assert session.needs_correction
    assert session.correction_reason == "The charger's own stop replaces the estimated one."


def test_a_stop_that_says_nothing_new_asks_for_no_correction(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    stop(charger, session.reference)
    Session.objects.update(settled_at=after(61))

    stop(charger, session.reference, after(90))

    session.refresh_from_db()
    assert not session.needs_correction


def test_the_evse_gives_nothing_any_more_after_the_stop(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    store_readings([heard(charger, meters(read(55, 7_500, 11_000), reference=session.reference))])

    stop(charger, session.reference)

    evse.refresh_from_db()
    session.refresh_from_db()
    assert (evse.power_w, session.power_w) == (0, 0)


def test_a_stop_replayed_from_yesterday_says_nothing_of_the_power_now(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    Evse.objects.update(power_w=7_000, power_at=after(1440))

    stop(charger, session.reference, after(1441))

    evse.refresh_from_db()
    assert evse.power_w == 7_000


def test_an_evse_told_only_at_the_end_is_kept(newer: Charger) -> None:
    session = start(newer, reference="tx-1", evse=None)

    end_session(newer, ended("tx-1", evse=1), place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert session.evse is not None
    assert (session.evse.number, session.quality) == (1, [])


def test_a_stop_that_was_asked_for_is_seen(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    command = IssuedCommand.objects.create(
        charger=charger,
        kind="stop",
        wording={},
        state=CommandState.ACCEPTED,
        issued_at=after(59),
        send_before=after(59),
        effect=EffectState.AWAITED,
        reference=session.reference,
    )

    stop(charger, session.reference)

    command.refresh_from_db()
    assert (command.effect, command.effect_at) == (EffectState.SEEN, after(60))


def test_a_stop_costs_few_statements(
    charger: Charger, evse: Evse, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    session = start(charger)
    store_readings([heard(charger, meters(read(55, 7_500, 11_000), reference=session.reference))])

    with django_assert_max_num_queries(4):
        stop(charger, session.reference, token=CARD)


def test_a_stop_that_brings_readings_costs_two_more(
    newer: Charger, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    session = start(newer, reference="tx-1")
    store_readings([heard(newer, meters(read(55, 7_500, 11_000), reference=session.reference))])
    end = Reading(after(60), energy_wh=8_000, context="Transaction.End")

    with django_assert_max_num_queries(6):
        end_session(newer, ended("tx-1", readings=(end,), token=CARD), place=BAY, heard_at=after(60))


def test_one_name_used_again_ends_the_newer_session(newer: Charger) -> None:
    old = start(newer, reference="1")
    end_session(newer, ended("1"), place=BAY, heard_at=after(60))

    new = end_session(newer, ended("1", evse=1, at=after(300)), place=BAY, heard_at=after(300)).session

    old.refresh_from_db()
    assert new != old
    assert old.ended_at == after(60)


def test_silence_is_no_stop_while_the_charger_is_away(charger: Charger, evse: Evse) -> None:
    start(charger)

    assert close_forgotten(set(), now=after(60 * 48) + timedelta(seconds=1)) == []


def test_a_charger_may_be_known_by_its_evse_alone(newer: Charger) -> None:
    make_evse(newer, 2)
    start(newer, reference="tx-1", evse=1)
    second = start(newer, reference="tx-2", evse=2)

    assert end_session(newer, ended("0", evse=2, token=CARD), place=BAY, heard_at=after(60)).session == second
