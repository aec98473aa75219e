"""The guards that pages use."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from depot.access.models import Role, User
from depot.access.pages import (
    GuardedView,
    NotAllowed,
    NotYours,
    UserRequest,
    changeable_or_refused,
    needs,
    reachable_or_404,
    signed_in,
)
from depot.models import Bay
from sessions.models import Vehicle
from tests.access import actors
from tests.factories import make_bay, make_depot, make_vehicle

pytestmark = pytest.mark.django_db


@needs("chargers.call_raw")
def engine_room(request: UserRequest, deck: int = 0) -> HttpResponse:
    return HttpResponse(f"deck {deck}, {request.user}")


class EngineRoom(GuardedView):
    permissions_needed = {"GET": "chargers.view_charger", "POST": "chargers.call_raw"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("look")

    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("act")

    def delete(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("gone")


def asks(user: User | None = None, method: str = "GET", path: str = "/x/?y=1", **headers: str) -> Any:
    request = RequestFactory().generic(method, path, headers=headers)
    request.user = user or AnonymousUser()
    return request


def test_whoever_has_the_permission_gets_in() -> None:
    user = actors.person(Role.ENGINEER, name="kim")

    assert engine_room(asks(user), deck=3).content == b"deck 3, kim"


def test_whoever_lacks_it_is_told_which() -> None:
    with pytest.raises(NotAllowed) as refused:
        engine_room(asks(actors.person(Role.VIEWER)))

    assert refused.value.permission == "chargers.call_raw"


def test_strangers_are_sent_to_sign_in_and_come_back() -> None:
    response = engine_room(asks())

    assert response.headers["Location"] == "/sign-in/?next=/x/%3Fy%3D1"


def test_htmx_takes_the_whole_window_to_sign_in() -> None:
    response = engine_room(
        asks(method="POST", **{"HX-Request": "true", "HX-Current-URL": "http://depot/sessions/?open=1"})
    )

    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/sessions/"


def test_a_page_for_everybody_who_is_signed_in() -> None:
    @signed_in
    def hall(request: UserRequest) -> HttpResponse:
        return HttpResponse("hall")

    assert hall(asks(actors.person(Role.VIEWER))).content == b"hall"
    assert hall(asks()).status_code == 302


class TestAPageAsAClass:
    def test_has_a_permission_for_each_method(self) -> None:
        viewer = actors.person(Role.VIEWER)

        assert EngineRoom.as_view()(asks(viewer)).content == b"look"
        with pytest.raises(NotAllowed):
            EngineRoom.as_view()(asks(viewer, "POST"))
        assert EngineRoom.as_view()(asks(actors.person(Role.ENGINEER), "POST")).content == b"act"

    def test_lets_nobody_in_where_no_permission_is_named(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="DELETE"):
            EngineRoom.as_view()(asks(actors.person(), "DELETE"))

    def test_sends_strangers_to_sign_in(self) -> None:
        assert EngineRoom.as_view()(asks()).status_code == 302

    def test_answers_head_as_get(self) -> None:
        assert EngineRoom.as_view()(asks(actors.person(Role.VIEWER), "HEAD")).status_code == 200

    def test_knows_other_methods_not(self) -> None:
        assert EngineRoom.as_view()(asks(actors.person(), "PATCH")).status_code == 405


def test_a_row_beyond_reach_does_not_exist() -> None:
    here, there = make_depot("Here"), make_depot("There")
    request = asks(actors.person(Role.ADMIN, depots=[here]))
    own, foreign = make_bay(here), make_bay(there)

    assert reachable_or_404(request, Bay, pk=own.pk) == own
    with pytest.raises(Http404):
        reachable_or_404(request, Bay.objects.all(), pk=foreign.pk)


def test_a_row_that_depots_share_is_not_changed_by_who_sees_one() -> None:
    vehicle = make_vehicle(depot_key=None)
    request = asks(actors.person(Role.ADMIN, depots=[make_depot()]))

    assert reachable_or_404(request, Vehicle, pk=vehicle.pk) == vehicle
    with pytest.raises(NotYours):
        changeable_or_refused(request, Vehicle, pk=vehicle.pk)
    assert changeable_or_refused(asks(actors.person()), Vehicle, pk=vehicle.pk) == vehicle


def test_the_api_refuses_a_method_for_which_no_permission_is_named() -> None:
    from rest_framework.response import Response
    from rest_framework.test import APIRequestFactory, force_authenticate
    from rest_framework.views import APIView

    class Careless(APIView):
        def get(self, request: Any) -> Response:
            return Response("secret")

    request = APIRequestFactory().get("/")
    force_authenticate(request, actors.person(Role.ADMIN))

    response = Careless.as_view()(request)
    response.render()

    assert response.status_code == 403
    assert "secret" not in json.dumps(response.data)
