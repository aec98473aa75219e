"""What every page asks first: who is it, may he, and is it within his reach."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.views import View

from depot.access.models import User
from depot.access.reach import may_change, within_reach

P = ParamSpec("P")
M = TypeVar("M", bound=Model)


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


class NotAllowed(PermissionDenied):
    """`permission` is missing; the page that says so also says whom to ask."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class NotYours(PermissionDenied):
    """Allowed by role, but this row is shared with depots beyond the user's."""


Page = Callable[Concatenate[UserRequest, P], HttpResponseBase]
AnyPage = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def _send_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        # htmx would put the sign-in page into the middle of this one: let the browser go there as a whole.
        here = urlsplit(request.headers.get("HX-Current-URL", "/"))
        back = redirect_to_login(here.path or "/", resolve_url(settings.LOGIN_URL))
        return HttpResponse(status=401, headers={"HX-Redirect": back.url})
    return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


def signed_in(view: Page[P]) -> AnyPage[P]:
    """For people who are signed in, whatever their role."""

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _send_to_sign_in(request)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return page


def needs(permission: str) -> Callable[[Page[P]], AnyPage[P]]:
    """For people who are signed in and have `permission`."""

    def guard(view: Page[P]) -> AnyPage[P]:
        @signed_in
        @wraps(view)
        def page(request: UserRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise NotAllowed(permission)
            return view(request, *args, **kwargs)

        return page

    return guard


class GuardedView(View):
    """A page as a class: `permissions_needed` names the permission of each method; none named, none let in."""

    permissions_needed: ClassVar[Mapping[str, str]]
    request: UserRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _send_to_sign_in(request)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if hasattr(self, method.lower()) and method != "OPTIONS":
            permission = self.permissions_needed.get(method)
            if permission is None:
                raise ImproperlyConfigured(f"{type(self).__name__}.permissions_needed does not name {method}")
            if not request.user.has_perm(permission):
                raise NotAllowed(permission)
        return super().dispatch(request, *args, **kwargs)


def reachable_or_404(request: HttpRequest, rows: type[M] | QuerySet[M], **which: Any) -> M:
    """The one row; one beyond the user's depots does not exist for him."""
    queryset: QuerySet[M] = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    return get_object_or_404(within_reach(request.user, queryset), **which)


def changeable_or_refused(request: HttpRequest, rows: type[M] | QuerySet[M], **which: Any) -> M:
    """As `reachable_or_404`, to change it: what depots share is changed only by who sees all of them."""
    row = reachable_or_404(request, rows, **which)
    if not may_change(request.user, row):
        raise NotYours(f"{row} is shared by all depots")
    return row
