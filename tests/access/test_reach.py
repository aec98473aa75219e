"""Reach: for every model, what somebody who was given one depot sees of two."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from chargers.models import Charger
from depot.access import reach
from depot.access.models import Role
from depot.access.reach import changeable, is_within_reach, may_change, within_reach
from depot.models import Depot
from sessions.models import IdToken, Vehicle
from tests.access import actors
from tests.access.owned import MAKERS, SEEN_BY_ALL, SEEN_BY_THOSE_WHO_SEE_ALL, charger_of
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_depot,
    make_evse,
    make_session,
)

pytestmark = pytest.mark.django_db

OURS = (
    "certificates",
    "chargers",
    "held",
    "delivery",
    "response",
    "solar",
    "device_model",
    "charging_sessions",
    "billing",
    "depot",
    "access",
    "notices",
    "yard",
    "board",
    "energy",
    "energy_pages",
    "demo",
    "upkeep",
    "depot_upkeep",
    "uploads",
    "firmware",
    "grid",
    "streams",
    "swapping",
    "onsite",
)


@pytest.fixture
def here() -> Depot:
    return make_depot("Here")


@pytest.fixture
def there() -> Depot:
    return make_depot("There")


def test_every_model_has_a_rule() -> None:
    models = {
        model
        for config in apps.get_app_configs()
        if config.label in OURS
        for model in config.get_models()
        if not model._meta.auto_created
    }

    assert models - set(reach.RULES) == set()


def test_every_rule_is_tested_here() -> None:
    tested = set(MAKERS) | set(SEEN_BY_ALL) | set(SEEN_BY_THOSE_WHO_SEE_ALL)

    assert set(reach.RULES) == tested


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_rows_of_the_own_depot_are_seen_and_others_are_not(model: type[Model], here: Depot, there: Depot) -> None:
    user = actors.person(Role.ADMIN, depots=[here])
    own, foreign = MAKERS[model](make_bay(here)), MAKERS[model](make_bay(there))

    seen = set(within_reach(user, model._default_manager.all()))

    assert own in seen
    assert foreign not in seen


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_who_sees_all_depots_sees_every_row(model: type[Model], here: Depot, there: Depot) -> None:
    rows = {MAKERS[model](make_bay(here)), MAKERS[model](make_bay(there))}

    assert rows <= set(within_reach(actors.person(), model._default_manager.all()))


@pytest.mark.parametrize("model", SEEN_BY_ALL, ids=lambda model: model.__name__)
def test_what_all_depots_share_is_seen_but_not_changed(model: type[Model], here: Depot) -> None:
    row = SEEN_BY_ALL[model]()
    user = actors.person(Role.ADMIN, depots=[here])

    assert is_within_reach(user, row)
    assert not may_change(user, row)
    assert may_change(actors.person(Role.ADMIN), row)


@pytest.mark.parametrize("model", SEEN_BY_THOSE_WHO_SEE_ALL, ids=lambda model: model.__name__)
def test_what_belongs_to_no_depot_is_for_those_who_see_all(model: type[Model], here: Depot) -> None:
    row = SEEN_BY_THOSE_WHO_SEE_ALL[model]()

    assert not is_within_reach(actors.person(Role.ADMIN, depots=[here]), row)
    assert is_within_reach(actors.person(Role.ADMIN), row)


def test_a_charger_in_two_depots_is_seen_in_both_and_once(here: Depot, there: Depot) -> None:
    charger = make_charger()
    make_bay(here, evse=make_evse(charger, 1))
    make_bay(here, evse=make_evse(charger, 2))
    make_bay(there, evse=make_evse(charger, 3))

    for depot in (here, there):
        user = actors.person(Role.VIEWER, depots=[depot])
        assert list(within_reach(user, Charger.objects.all())) == [charger]


def test_an_evse_without_a_bay_goes_with_its_charger(here: Depot, there: Depot) -> None:
    charger = make_charger()
    make_bay(here, evse=make_evse(charger, 1))
    spare = make_evse(charger, 2)

    assert is_within_reach(actors.person(Role.VIEWER, depots=[here]), spare)
    assert not is_within_reach(actors.person(Role.VIEWER, depots=[there]), spare)


def test_a_charger_without_a_bay_is_for_those_who_see_all(here: Depot) -> None:
    charger = make_charger()

    assert not is_within_reach(actors.person(Role.ADMIN, depots=[here]), charger)
    assert is_within_reach(actors.person(Role.ADMIN), charger)


@pytest.mark.parametrize("model", [Vehicle, IdToken], ids=lambda model: model.__name__)
def test_a_vehicle_or_token_of_no_depot_is_seen_by_all_and_changed_by_who_sees_all(
    model: type[Model], here: Depot
) -> None:
    row = MAKERS[model](make_bay(here))
    model._default_manager.filter(pk=row.pk).update(depot_key=None)
    user = actors.person(Role.FLEET_MANAGER, depots=[here])

    assert is_within_reach(user, row)
    assert list(changeable(user, model._default_manager.all())) == []
    assert may_change(actors.person(Role.FLEET_MANAGER), row)


def test_who_sees_more_depots_cannot_be_managed_by_who_sees_one(here: Depot, there: Depot) -> None:
    manager = actors.person(Role.ADMIN, depots=[here])

    assert not is_within_reach(manager, actors.person(Role.VIEWER, depots=[here, there]))
    assert not is_within_reach(manager, actors.person(Role.VIEWER))


def test_nobody_and_the_deactivated_see_nothing(here: Depot) -> None:
    gone = actors.person(Role.ADMIN, is_active=False)

    assert list(within_reach(AnonymousUser(), Depot.objects.all())) == []
    assert list(within_reach(gone, Depot.objects.all())) == []


def test_who_was_given_no_depot_sees_none(here: Depot) -> None:
    assert list(within_reach(actors.person(Role.ADMIN, depots=[]), Depot.objects.all())) == []


def test_a_model_without_a_rule_is_never_shown() -> None:
    from django.contrib.contenttypes.models import ContentType

    with pytest.raises(LookupError, match="ContentType"):
        within_reach(actors.person(), ContentType.objects.all())


def test_a_limited_queryset_costs_one_statement(here: Depot, django_assert_num_queries: Callable[..., object]) -> None:
    make_bay(here)
    user = actors.person(Role.VIEWER, depots=[here])

    with django_assert_num_queries(1):
        list(within_reach(user, Charger.objects.all()))


def test_a_browser_hears_of_the_chargers_that_its_user_sees(here: Depot, there: Depot) -> None:
    own, foreign = make_bay(here), make_bay(there)
    user = actors.person(Role.VIEWER, depots=[here])

    assert reach.may_listen(user, charger_of(own))
    assert not reach.may_listen(user, charger_of(foreign))
    assert reach.chargers_heard_by(user) == {charger_of(own).pk}
    assert reach.chargers_heard_by(actors.person(Role.VIEWER)) is None
    assert reach.chargers_heard_by(AnonymousUser()) == set()


def test_a_browser_hears_messages_of_chargers_only_for_engineers(here: Depot) -> None:
    charger = charger_of(make_bay(here))

    assert reach.may_read_trace(actors.person(Role.ENGINEER, depots=[here]), charger)
    assert not reach.may_read_trace(actors.person(Role.DISPATCHER, depots=[here]), charger)
    assert not reach.may_read_trace(AnonymousUser(), charger)


def test_a_session_keeps_its_depot_when_the_bay_moves(here: Depot, there: Depot) -> None:
    bay = make_bay(here)
    session = make_session(bay, started_at=THURSDAY)
    bay.depot = there
    bay.save()

    assert is_within_reach(actors.person(Role.VIEWER, depots=[here]), session)
    assert not is_within_reach(actors.person(Role.VIEWER, depots=[there]), session)
