"""What frames the pages: which depot is looked at, and in which light."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from depot.access.models import User
from depot.access.pages import UserRequest, signed_in
from depot.board.frame import CHOSEN_DEPOT, THEMES, frame_of


def _back(request: HttpRequest) -> HttpResponse:
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if is_ours else "/")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Open to everyone, for the sign-in page has the switch too."""
    theme = request.POST.get("theme", "")
    response = _back(request)
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
        if isinstance(request.user, User) and request.user.theme != theme:
            request.user.theme = theme
            request.user.save(update_fields=["theme"])
    return response


@require_POST
@signed_in
def choose_depot(request: UserRequest) -> HttpResponse:
    chosen = request.POST.get("depot", "")
    if any(str(depot.pk) == chosen for depot in frame_of(request).depots):
        request.session[CHOSEN_DEPOT] = int(chosen)
    return _back(request)
