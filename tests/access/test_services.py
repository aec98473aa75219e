"""People: made, changed, locked out; and the last administrator stays."""

import pytest

from depot.access import services
from depot.access.models import Role, User
from tests.access import actors
from tests.factories import make_depot

pytestmark = pytest.mark.django_db


def test_a_new_person_signs_in_with_the_password_that_is_told_once() -> None:
    depot = make_depot()

    user, password = services.create_user("anna", role=Role.DISPATCHER, depots=[depot])

    assert user.check_password(password)
    assert list(user.depots.all()) == [depot]


def test_passwords_are_read_out_without_mistakes_and_hardly_guessed() -> None:
    password = services.generate_password()

    letters = password.replace("-", "")
    assert len(letters) == 16
    assert not set(letters) & set("01OIlo")
    assert password != services.generate_password()


def test_two_people_have_two_names() -> None:
    services.create_user("anna", role=Role.VIEWER)

    with pytest.raises(services.UserNameTaken):
        services.create_user("anna", role=Role.VIEWER)


def test_the_last_administrator_keeps_the_role() -> None:
    admin = actors.person(Role.ADMIN)

    with pytest.raises(services.LastAdmin):
        services.change_role(admin, Role.VIEWER)


def test_the_last_administrator_is_not_deactivated() -> None:
    admin = actors.person(Role.ADMIN)
    actors.person(Role.ADMIN, is_active=False)
    actors.person(Role.ADMIN, depots=[make_depot()])

    with pytest.raises(services.LastAdmin):
        services.deactivate(admin)


def test_the_last_administrator_goes_on_seeing_all_depots() -> None:
    admin = actors.person(Role.ADMIN)

    with pytest.raises(services.LastAdmin):
        services.change_depots(admin, all_depots=False, depots=[make_depot()])


def test_with_another_administrator_one_may_go() -> None:
    admin = actors.person(Role.ADMIN)
    actors.person(Role.ADMIN)

    services.deactivate(admin)

    assert not User.objects.get(pk=admin.pk).is_active


def test_a_new_password_replaces_the_old_one() -> None:
    user, old = services.create_user("anna", role=Role.VIEWER)

    new = services.reset_password(user)

    assert user.check_password(new)
    assert not user.check_password(old)


def test_who_was_deactivated_can_be_let_in_again() -> None:
    user = services.deactivate(actors.person(Role.VIEWER))

    assert services.reactivate(user).is_active


class TestWhoSeesOneDepot:
    """An administrator of one depot gives what he has, and no more."""

    def test_gives_it_to_others(self) -> None:
        here = make_depot("Here")
        admin = actors.person(Role.ADMIN, depots=[here])

        user, _ = services.create_user("anna", role=Role.VIEWER, depots=[here], created_by=admin)

        assert list(user.depots.all()) == [here]

    def test_gives_no_other_depot(self) -> None:
        admin = actors.person(Role.ADMIN, depots=[make_depot("Here")])

        with pytest.raises(services.BeyondOwnReach):
            services.create_user("anna", role=Role.VIEWER, depots=[make_depot("There")], created_by=admin)

    def test_does_not_give_all_depots(self) -> None:
        here = make_depot("Here")
        admin = actors.person(Role.ADMIN, depots=[here])
        user = actors.person(Role.VIEWER, depots=[here])

        with pytest.raises(services.BeyondOwnReach):
            services.change_depots(user, all_depots=True, depots=[], changed_by=admin)

    def test_does_not_make_himself_see_all_depots(self) -> None:
        admin = actors.person(Role.ADMIN, depots=[make_depot("Here")])

        with pytest.raises(services.BeyondOwnReach):
            services.change_depots(admin, all_depots=True, depots=[], changed_by=admin)

    @pytest.mark.parametrize(
        "act",
        [
            lambda user, admin: services.reset_password(user, changed_by=admin),
            lambda user, admin: services.change_role(user, Role.VIEWER, changed_by=admin),
            lambda user, admin: services.deactivate(user, changed_by=admin),
            lambda user, admin: services.rename(user, "A", "B", changed_by=admin),
        ],
        ids=["password", "role", "deactivate", "name"],
    )
    def test_does_not_touch_who_sees_more(self, act) -> None:  # type: ignore[no-untyped-def]
        here = make_depot("Here")
        admin = actors.person(Role.ADMIN, depots=[here])
        more = actors.person(Role.VIEWER, depots=[here, make_depot("There")])

        with pytest.raises(services.BeyondOwnReach):
            act(more, admin)


def test_the_depot_itself_is_one_account() -> None:
    assert services.the_depot() == services.the_depot()
    assert services.the_depot().is_service
    assert services.the_depot().all_depots


def test_nobody_can_be_called_as_the_depot_itself_is() -> None:
    from django.contrib.auth.validators import UnicodeUsernameValidator
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        UnicodeUsernameValidator()(services.NAME_OF_THE_DEPOT)
