"""Readiness: what is said of each departure, what would help it, and how that is scored when it is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from chargers.choices import ConnectorStatus
from chargers.models import Connection
from depot.access.models import Role
from depot.access.services import the_depot
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Waking
from depot.energy.models import ChargeNow, ManualLimit, Timetable, VehicleNeed
from depot.energy.pages import nights
from depot.energy.pages.departure import Departure
from depot.energy.pages.departures import departures_seen_by
from depot.energy.pages.fixes import FixKind, Subject, find_fixes
from depot.energy.pages.models import Label, SaidLabel
from depot.energy.pages.readiness import Facts, say
from depot.models import Depot
from sessions.models import ClosedBy, Session
from sessions.reserving.models import Reservation
from tests.conftest import BusinessTime
from tests.energy.pages.rows import make_label
from tests.energy.pages.scene import EVENING, Evening, pause
from tests.energy.rows import make_need, wired_bay
from tests.factories import make_reading, make_session, make_user, make_vehicle, set_status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
FINE = Facts(now=EVENING, departs_at=EVENING + 8 * HOUR, needs_kwh=20, ready_at=EVENING + 5 * HOUR, spare=3 * HOUR)


def departures(evening: Evening) -> dict[str, Departure]:
    user = make_user("looker", Role.VIEWER)
    return {one.name: one for one in departures_seen_by(user, evening.depot, EVENING)}


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        (FINE, Label.TRACK),
        (replace(FINE, needs_kwh=0.0), Label.READY),
        (replace(FINE, unmet_kwh=0.19), Label.TRACK),
        (replace(FINE, unmet_kwh=0.21, ready_at=None), Label.MISS),
        (replace(FINE, spare=timedelta(minutes=19)), Label.RISK),
        (replace(FINE, spare=timedelta(minutes=20)), Label.TRACK),
        (replace(FINE, is_online=False), Label.RISK),
        (replace(FINE, trouble="replug the cable"), Label.RISK),
        (replace(FINE, trouble="fault", is_broken=True), Label.MISS),
        (replace(FINE, distrust="does not keep to limits"), Label.RISK),
        (replace(FINE, is_here=False, due_at=EVENING - HOUR), Label.DUE),
        (replace(FINE, is_here=False, due_at=EVENING + HOUR), Label.TRACK),
        (replace(FINE, is_here=False, due_at=EVENING + HOUR, unmet_kwh=3.0), Label.MISS),
    ],
)
def test_each_departure_has_its_label(facts: Facts, label: Label) -> None:
    assert say(facts).label == label


def test_an_offline_one_says_when_it_is_expected_and_was_seen() -> None:
    said = say(replace(FINE, is_online=False, ready_wall="04:10", seen_at="02:00"))

    assert said.why == "No contact: expected 04:10, not seen since 02:00"


def test_vehicles_stand_by_departure_and_who_is_on_the_road_is_expected(evening: Evening) -> None:
    evening.plan()

    found = departures(evening)

    assert list(found) == ["Van 1", "Van 3", "Van 2"]
    assert [one.label for one in found.values()] == [Label.TRACK] * 3
    assert found["Van 3"].expected_at is not None


def test_who_is_due_and_not_plugged_in_stands_on_top(evening: Evening, business_time: BusinessTime) -> None:
    evening.plan()
    later = EVENING + 3 * HOUR

    found = departures_seen_by(make_user("looker", Role.VIEWER), evening.depot, later)

    assert (found[0].name, found[0].label, found[0].said.why) == ("Van 3", Label.DUE, "due 90 min ago")


def test_a_word_about_one_on_the_road_is_believed_before_its_timetable(evening: Evening) -> None:
    early = EVENING + timedelta(hours=7)
    make_need(evening.depot, vehicle=evening.away, source="rest", departs_at=early + HOUR, told_at=EVENING)
    make_need(evening.depot, vehicle=evening.away, departs_at=early, told_at=EVENING - HOUR)
    evening.plan()

    away = departures(evening)["Van 3"]

    assert (away.departs_at, away.departure_words) == (early, "told by a dispatcher")


def test_one_without_a_timetable_shows_when_its_departure_was_told(evening: Evening) -> None:
    stranger = make_vehicle("Van 9", depot_key=evening.depot.pk)
    make_need(evening.depot, vehicle=stranger, source="rest", departs_at=EVENING + 9 * HOUR, told_at=EVENING)
    evening.plan()

    told = departures(evening)["Van 9"]

    assert (told.departs_at, told.departure_words) == (EVENING + 9 * HOUR, "told by another system")


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("timetable", "rest", "vehicle", "dispatcher"), "told by a dispatcher"),
        (("timetable", "rest", "vehicle"), "told by the vehicle"),
        (("timetable", "rest"), "told by another system"),
        (("timetable",), "by the timetable"),
        ((), "not known: the depot's usual hour"),
    ],
)
def test_the_page_says_whose_departure_is_believed(
    manager: Client, evening: Evening, sources: tuple[str, ...], words: str
) -> None:
    van = evening.vans[0]
    if "timetable" not in sources:
        Timetable.objects.filter(vehicle=van).delete()
    for n, source in enumerate(source for source in sources if source != "timetable"):
        departs_at = EVENING + timedelta(hours=5 + n)
        make_need(
            evening.depot, vehicle=van, source=source, departs_at=departs_at, told_at=EVENING, holds_until=departs_at
        )
    evening.plan()

    page = manager.get(f"/readiness/vehicle-{van.pk}/").content.decode()

    assert f'<span class="muted">{escape(words)}</span>' in page


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("entry", "told by a dispatcher"),
        ("level", "from its charge and its target"),
        ("timetable", "by the timetable"),
        ("nights", "what it took on its last nights, and a fifth"),
        ("nothing", "not known: until it is full"),
    ],
)
def test_the_page_says_how_its_need_is_known(manager: Client, evening: Evening, known: str, words: str) -> None:
    van, lines = evening.vans[0], Timetable.objects.filter(vehicle=evening.vans[0])
    lines.update(energy_wh=20_000 if known == "timetable" else None)
    if known == "entry":
        make_need(evening.depot, vehicle=van, energy_wh=12_000, told_at=EVENING, holds_until=EVENING + 9 * HOUR)
    elif known == "level":
        Session.objects.filter(vehicle=van).update(soc_percent=40)
    elif known == "nights":
        make_session(evening.bays[0], van, started_at=EVENING - 30 * HOUR, ended_at=EVENING - 20 * HOUR)
    evening.plan()

    page = manager.get(f"/readiness/vehicle-{van.pk}/").content.decode()

    assert f'kWh <span class="muted">{words}</span>' in page


def test_one_of_whose_departure_nobody_told_says_so_in_the_list(manager: Client, evening: Evening) -> None:
    Timetable.objects.filter(vehicle=evening.vans[0]).delete()
    evening.plan()

    page = manager.get("/readiness/").content.decode()

    assert page.count("no departure known: planned for the depot’s usual hour") == 1


def test_what_was_charged_shows_where_no_level_is_told(evening: Evening) -> None:
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=5_000)
    evening.plan()

    done, planned = departures(evening)["Van 1"].share

    assert done == pytest.approx(25, abs=0.5)
    assert done + planned == pytest.approx(100)


@pytest.fixture
def paused(evening: Evening) -> Session:
    """Van 1 took 6 kWh, was stopped by the plan and stands there still."""
    return pause(evening)


def test_one_that_the_plan_stopped_and_starts_again_is_on_track(evening: Evening, paused: Session) -> None:
    evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here, one.said.needs_hand) == (Label.TRACK, True, False)
    assert one.got_kwh == pytest.approx(5.4)
    assert one.needs_kwh == pytest.approx(20.0 * 0.9 - 5.4)


def test_what_a_vehicle_took_after_it_was_started_again_counts_for_its_score(evening: Evening, paused: Session) -> None:
    leaves = EVENING + timedelta(hours=7)
    make_label(
        evening.bays[0], session=paused, vehicle=evening.vans[0], departs_at=leaves, said_at=leaves - 2 * HOUR,
        session_energy_wh=6_000,
    )  # fmt: skip
    make_session(
        evening.bays[0], evening.vans[0], started_at=EVENING + HOUR, ended_at=leaves, energy_wh=20_000, reference="two"
    )

    nights.score_labels(leaves)

    assert SaidLabel.objects.get().was_ready


def test_one_that_was_just_started_again_is_listed_before_the_next_plan(evening: Evening, paused: Session) -> None:
    evening.plan()
    make_session(
        evening.bays[0],
        evening.vans[0],
        started_at=EVENING,
        token=paused.token,
        started_by=the_depot(),
        reference="two",
    )

    assert departures(evening)["Van 1"].label == Label.TRACK


def test_one_of_an_unknown_vehicle_that_the_plan_stopped_is_listed_too(evening: Evening, paused: Session) -> None:
    Session.objects.filter(pk=paused.pk).update(vehicle=None)
    Timetable.objects.filter(vehicle=evening.vans[0]).delete()
    evening.plan()

    assert departures(evening)["Vehicle not known"].key == f"session-{paused.pk}"


@pytest.mark.parametrize("key", ["vehicle", "session"])
def test_one_that_the_plan_stopped_charges_now_if_a_dispatcher_says_so(
    client: Client, evening: Evening, paused: Session, key: str
) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}" if key == "vehicle" else f"/readiness/session-{paused.pk}"

    assert "Charge now" in client.get(f"{path}/").content.decode()
    client.post(f"{path}/now/")
    plan = evening.plan()

    assert plan.stays.get(session=paused).kw[0] == pytest.approx(11)
    client.post(f"{path}/as-planned/")
    assert not ChargeNow.objects.filter(taken_back_at=None).exists()


def end_by_itself(evening: Evening, *, energy_wh: int, reason: str = "Other", **fields: Any) -> Session:
    """The charger of Van 1 ended its charge; it stands there still."""
    session = evening.sessions[0]
    Session.objects.filter(pk=session.pk).update(
        ended_at=EVENING, ended_heard_at=EVENING, closed_by=ClosedBy.CHARGER, energy_wh=energy_wh, stop_reason=reason,
        **fields,
    )  # fmt: skip
    set_status(evening.bays[0], ConnectorStatus.FINISHING, at=EVENING)
    return Session.objects.get(pk=session.pk)


def test_one_that_has_its_energy_when_its_charger_ends_the_charge_is_ready(evening: Evening) -> None:
    end_by_itself(evening, energy_wh=20_000)
    plan = evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here, one.bay) == (Label.READY, True, "A1")
    assert one.said.why == "has what it needs; its charge ended 21:30"
    assert not plan.stays.filter(vehicle=evening.vans[0]).exists(), "no power is kept for it"


@pytest.mark.parametrize(("energy_wh", "label"), [(20_000, Label.READY), (9_000, Label.RISK)])
def test_one_whose_charge_has_ended_is_there_without_contact_too(
    evening: Evening, energy_wh: int, label: Label
) -> None:
    session = end_by_itself(evening, energy_wh=energy_wh)
    Connection.objects.filter(charger=session.charger).delete()
    evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here) == (label, True)
    assert ("no contact with A1" in one.said.why) == (label == Label.RISK)


@pytest.mark.parametrize(
    ("reason", "card", "powers", "label"),
    [
        ("SOCLimitReached", "", (), Label.READY),
        ("StoppedByEV", "", (), Label.READY),
        ("Other", "", (11_000, 10_800, 2_300), Label.READY),
        ("Other", "", (11_000, 10_800, 10_900), Label.RISK),
        ("Local", "VAN12", (11_000, 10_800, 2_300), Label.RISK),
        ("PowerLoss", "", (11_000, 2_300), Label.RISK),
        ("", "", (), Label.RISK),
    ],
)
def test_one_that_would_take_no_more_is_full_whatever_was_expected_of_it(
    evening: Evening, reason: str, card: str, powers: tuple[int, ...], label: Label
) -> None:
    session = end_by_itself(evening, energy_wh=9_000, reason=reason, stop_token_value=card)
    for minutes, power_w in enumerate(powers, -len(powers)):
        make_reading(session, EVENING + timedelta(minutes=minutes), power_w=power_w)
    make_reading(session, EVENING, power_w=0, context="Transaction.End")
    evening.plan()

    one = departures(evening)["Van 1"]

    assert one.label == label
    assert ("9.9 kWh short" in one.said.why) == (label == Label.RISK)


@pytest.mark.parametrize(("last_wh", "label"), [(9_000, Label.READY), (9_200, Label.RISK)])
def test_by_its_register_too_a_charge_is_seen_to_fade(evening: Evening, last_wh: int, label: Label) -> None:
    session = end_by_itself(evening, energy_wh=9_000)
    for minutes, energy_wh in enumerate((8_400, 8_600, 8_800, 9_000), -20):
        make_reading(session, EVENING + timedelta(minutes=minutes), energy_wh=energy_wh)
    make_reading(session, EVENING - timedelta(minutes=16), energy_wh=last_wh)
    evening.plan()

    assert departures(evening)["Van 1"].label == label


def test_what_is_said_of_one_that_is_full_is_scored_too(evening: Evening) -> None:
    end_by_itself(evening, energy_wh=20_000)
    make_need(evening.depot, vehicle=evening.vans[0], departs_at=EVENING + HOUR, told_at=EVENING)
    evening.plan()
    user = make_user("looker", Role.VIEWER)

    kept = [nights.note_stood(evening.depot, departures_seen_by(user, evening.depot, EVENING), EVENING) for _ in "12"]
    nights.score_labels(EVENING + HOUR)

    label = SaidLabel.objects.get()
    assert (kept, label.said, label.was_ready) == ([1, 0], Label.READY, True)


@pytest.mark.parametrize(
    ("waking", "words", "needs_hand"),
    [
        (Waking.RAISED, "rested for hours", False),
        (Waking.TOGGLED, "is being woken: its limit was taken away and given back", False),
        (Waking.RESTARTED, "is being woken: its charge was stopped and started again", False),
        (Waking.ASLEEP, "does not wake: plug it in again at A1", True),
    ],
)
def test_how_far_a_vehicle_is_woken_is_said(evening: Evening, waking: Waking, words: str, needs_hand: bool) -> None:
    evening.plan()
    Target.objects.update_or_create(
        evse=evening.bays[0].evse, defaults={"depot": evening.depot, "waking": waking, "waking_since": EVENING}
    )
    set_status(evening.bays[0], ConnectorStatus.SUSPENDED_EV, at=EVENING - HOUR)

    said = departures(evening)["Van 1"].said

    assert (said.label, said.needs_hand) == (Label.RISK, needs_hand)
    assert words in said.why


def test_one_without_contact_is_at_risk_and_says_since_when(evening: Evening) -> None:
    evening.plan()
    Connection.objects.filter(charger=evening.sessions[0].charger).delete()

    said = departures(evening)["Van 1"].said

    assert said.label == Label.RISK
    assert "not seen since 21:30" in said.why


def test_the_page_shows_every_label(manager: Client, evening: Evening) -> None:
    make_need(evening.depot, vehicle=evening.vans[0], departs_at=EVENING + HOUR, told_at=EVENING)
    evening.plan()
    set_status(evening.bays[1], "faulted", at=EVENING)  # type: ignore[arg-type]

    said = manager.get("/readiness/").content.decode()

    assert "2 vehicles need a hand" not in said
    assert "fault at A2" in said
    assert "do not fit before it leaves" in said


def subject_of(evening: Evening, number: int = 0) -> Subject:
    session, van = evening.sessions[number], evening.vans[number]
    return Subject(key=f"vehicle-{van.pk}", depot=evening.depot, vehicle=van, session=session)


def leaves_in(evening: Evening, hours: float, number: int = 0) -> None:
    make_need(
        evening.depot, vehicle=evening.vans[number], departs_at=EVENING + hours * HOUR, told_at=EVENING,
        holds_until=EVENING + hours * HOUR,
    )  # fmt: skip
    evening.plan()


def test_fixes_are_tried_and_those_that_do_not_help_are_not_offered(evening: Evening) -> None:
    leaves_in(evening, 1)

    found = find_fixes(subject_of(evening), now=EVENING)

    kinds = {one.fix.kind for one in found}
    # It charges alone with all that its bay gives: nobody who waits would help it.
    assert FixKind.LESS in kinds
    assert FixKind.LATER in kinds
    assert FixKind.WAITS not in kinds
    assert all(one.helps_fully for one in found)


def test_a_stronger_bay_that_is_free_is_offered_first(evening: Evening) -> None:
    wired_bay(evening.depot, "D1", evse={"max_w": 50_000}, wiring={"rating_w": 30_000})
    # Room for that beside what the other bays fall back to.
    Depot.objects.update(site_limit_w=45_000)
    leaves_in(evening, 1)
    evening.vans[0].max_dc_kw = 50
    evening.vans[0].save()

    best = find_fixes(subject_of(evening), now=EVENING)[0]

    assert best.fix.words.startswith("Move it to D1")
    assert best.newly_missing == 0


def test_nothing_is_left_of_what_was_tried(evening: Evening) -> None:
    leaves_in(evening, 1)
    before = Session.objects.values_list("pk", "evse").order_by("pk")

    find_fixes(subject_of(evening), now=EVENING)

    assert list(Session.objects.values_list("pk", "evse").order_by("pk")) == list(before)
    assert VehicleNeed.objects.count() == 1
    assert not ManualLimit.objects.exists()
    assert not ChargeNow.objects.exists()


@pytest.mark.parametrize("kind", ["first", "now", "less", "later", "waits"])
def test_a_fix_that_is_applied_is_done(manager: Client, evening: Evening, kind: str) -> None:
    evening.plan()
    told = {
        "kind": kind, "energy_wh": "9000", "departs_at": (EVENING + 9 * HOUR).isoformat(),
        "evse": str(evening.bays[1].evse_id),
    }  # fmt: skip

    answer = manager.post(f"/readiness/vehicle-{evening.vans[0].pk}/apply/", told)

    assert answer.headers["Location"] == "/readiness/"
    done = {
        "first": VehicleNeed.objects.filter(priority=0),
        "now": ChargeNow.objects.filter(session=evening.sessions[0]),
        "less": VehicleNeed.objects.filter(energy_wh=9_000),
        "later": VehicleNeed.objects.filter(departs_at=EVENING + 9 * HOUR),
        "waits": ManualLimit.objects.filter(evse=evening.bays[1].evse, limit_w=0),
    }[kind]
    assert done.count() == 1


def test_a_move_that_is_applied_keeps_the_bay(manager: Client, evening: Evening) -> None:
    evening.plan()

    manager.post(
        f"/readiness/vehicle-{evening.vans[0].pk}/apply/", {"kind": "bay", "evse": str(evening.bays[2].evse_id)}
    )

    assert Reservation.objects.get().evse == evening.bays[2].evse


def test_a_fix_at_another_depot_is_not_found(manager: Client, evening: Evening) -> None:
    from tests.factories import make_depot

    evening.plan()
    other = wired_bay(make_depot("Elsewhere"), "X1")

    answer = manager.post(
        f"/readiness/vehicle-{evening.vans[0].pk}/apply/",
        {"kind": "waits", "evse": str(other.evse_id), "departs_at": (EVENING + HOUR).isoformat()},
    )

    assert answer.status_code == 404
    assert not ManualLimit.objects.exists()


def test_a_dispatcher_tells_a_departure_and_takes_it_back(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    client.post(f"{path}/need/", {"leaves": "03:15", "energy_kwh": "18.5", "priority": "0"})

    need = VehicleNeed.objects.get(taken_back_at=None)
    assert need.departs_at == EVENING.replace(hour=2, minute=15) + timedelta(days=1)
    assert (need.energy_wh, need.priority, str(need.told_by)) == (18_500, 0, "dispatcher")
    client.post(f"{path}/take-back/")
    assert not VehicleNeed.objects.filter(taken_back_at=None).exists()


def test_a_limit_by_hand_needs_its_end(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    refused = client.post(f"{path}/limit/", {"kw": "3.6", "until": ""}).content.decode()
    client.post(f"{path}/limit/", {"kw": "3.6", "until": "01:00"})

    assert "A limit by hand has an end" in refused
    limit = ManualLimit.objects.get()
    assert (limit.limit_w, limit.ends_at - EVENING) == (3_600, timedelta(hours=3, minutes=30))
    client.post(f"{path}/lift/")
    assert not ManualLimit.objects.filter(taken_back_at=None).exists()


def test_a_vehicle_charges_now_and_as_planned_again(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    client.post(f"{path}/now/")
    assert ChargeNow.objects.get().taken_back_at is None
    client.post(f"{path}/as-planned/")

    assert ChargeNow.objects.get().taken_back_at == EVENING


def test_what_is_said_two_hours_before_is_kept_once(evening: Evening, business_time: BusinessTime) -> None:
    leaves_in(evening, 1.5)

    kept = nights.note_labels(EVENING), nights.note_labels(EVENING + timedelta(minutes=1))

    assert kept == (1, 0)
    label = SaidLabel.objects.get()
    assert (label.vehicle, label.departs_at) == (evening.vans[0], EVENING + 1.5 * HOUR)


@pytest.mark.parametrize(("got_wh", "was_ready", "short_kwh"), [(11_000, True, 0.1), (5_000, False, 5.5)])
def test_a_label_is_scored_by_what_the_vehicle_got(
    evening: Evening, got_wh: int, was_ready: bool, short_kwh: float
) -> None:
    label = make_label(
        evening.bays[0], vehicle=evening.vans[0], session=evening.sessions[0], session_energy_wh=1_000, efficiency=0.9,
        said_at=EVENING, departs_at=EVENING + HOUR, needs_kwh=9.1,
    )  # fmt: skip
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=got_wh)

    early, scored = nights.score_labels(EVENING), nights.score_labels(EVENING + HOUR)

    label.refresh_from_db()
    assert (early, scored, label.was_ready) == (0, 1, was_ready)
    assert label.short_kwh == pytest.approx(short_kwh)


@pytest.mark.parametrize("said", [Label.READY, Label.TRACK, Label.RISK, Label.MISS])
def test_every_kind_of_label_is_scored(evening: Evening, said: Label) -> None:
    make_label(
        evening.bays[0], vehicle=evening.vans[0], session=evening.sessions[0], said=said, session_energy_wh=0,
        departs_at=EVENING + HOUR, needs_kwh=9.0, efficiency=0.9,
    )  # fmt: skip
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=10_000)

    nights.score_labels(EVENING + HOUR)

    (night,) = nights.last_nights(evening.depot, EVENING + HOUR)
    assert [(row.label, row.vehicles, row.ready) for row in night.rows] == [(said, 1, 1)]


def test_one_that_never_came_was_not_ready(evening: Evening) -> None:
    label = make_label(evening.bays[2], vehicle=evening.away, said="due", departs_at=EVENING + HOUR, said_at=EVENING)

    nights.score_labels(EVENING + HOUR)

    label.refresh_from_db()
    assert (label.was_ready, label.short_kwh) == (False, None)


def test_last_nights_are_told_with_those_that_were_wrong(manager: Client, evening: Evening) -> None:
    for number, ready in enumerate((True, False)):
        make_label(
            evening.bays[0], vehicle=evening.vans[number], departs_at=EVENING - 12 * HOUR, said_at=EVENING - 14 * HOUR,
            scored_at=EVENING, was_ready=ready, short_kwh=0 if ready else 3.2,
        )  # fmt: skip

    said = manager.get("/readiness/").content.decode()

    assert "On track: 1 of 2" in said
    assert "Van 2 (3.2 kWh short)" in said
