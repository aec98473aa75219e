"""The audit: what is noted, what is left out of it, who reads it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from pytest_django import Settings

from depot import clock
from depot.access.audit import address_of, note
from depot.access.models import AuditEntry, Role
from depot.access.retention import AUDIT_KEPT_FOR, prune
from tests.access import actors
from tests.factories import make_bay, make_charger, make_command, make_depot, make_session, make_vehicle

pytestmark = pytest.mark.django_db


def test_it_says_who_did_what_to_what() -> None:
    user = actors.person(name="anna")

    entry = note(user, "renamed", "the gate", was="the door")

    assert (entry.user, entry.user_name, entry.act, entry.subject) == (user, "anna", "renamed", "the gate")
    assert entry.detail == {"was": "the door"}


def test_it_says_from_where() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.7")
    request.user = actors.person()

    assert note(request, "did", "it").address == "10.0.0.7"


def test_it_belongs_to_the_depot_of_its_subject() -> None:
    depot = make_depot()
    bay = make_bay(depot)
    user = actors.person()
    subjects = [
        depot,
        bay,
        bay.evse,
        bay.evse.charger,
        make_command(bay.evse.charger),
        make_session(bay),
        make_vehicle(depot_key=depot.pk),
        actors.person(Role.VIEWER, depots=[depot]),
        actors.key(depots=[depot])[0],
    ]

    assert {note(user, "did", subject).depot_id for subject in subjects} == {depot.pk}


def test_what_belongs_to_no_depot_is_for_those_who_see_all() -> None:
    assert note(actors.person(), "did", make_charger()).depot is None
    assert note(actors.person(), "did", make_vehicle(depot_key=999)).depot is None


def test_it_holds_no_secret() -> None:
    entry = note(actors.person(), "did", "it", password="abc", fields={"AuthorizationKey": "abc", "name": "x"})

    assert "abc" not in str(entry.detail)
    assert entry.detail["fields"]["name"] == "x"


def test_it_holds_whatever_is_told() -> None:
    entry = note(actors.person(), "did", "it", price=Decimal("0.30"), at=clock.now(), depots={1}, by=make_depot("D"))
    entry.refresh_from_db()

    assert entry.detail["price"] == "0.30"
    assert entry.detail["by"] == "D"


def test_long_words_are_cut_and_not_refused() -> None:
    assert len(note(actors.person(), "x" * 500, "y" * 500).subject) == 120


def test_nobody_leaves_no_trace_because_nobody_can_do_anything() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with pytest.raises(TypeError):
        note(request, "did", "it")


def test_behind_our_proxy_the_last_hop_it_noted_counts(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.0.0.7")

    assert address_of(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_of(request) == "10.0.0.7"


def test_what_is_over_its_time_goes_in_bounded_steps() -> None:
    user = actors.person()
    for _ in range(3):
        note(user, "did", "it")
    AuditEntry.objects.update(at=clock.now() - AUDIT_KEPT_FOR - timedelta(days=1))
    kept = note(user, "did", "it")

    assert prune(now=clock.now(), at_most=2) == 2
    assert prune(now=clock.now(), at_most=2) == 1
    assert list(AuditEntry.objects.all()) == [kept]
