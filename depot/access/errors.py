"""What is shown where no page and no API view could answer: 400, 403, 404 and 500 in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from depot.access.models import Role, User
from depot.access.pages import NotAllowed, NotYours
from depot.access.problem import is_api, plain_problem
from depot.access.roles import roles_with


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api(request):
        return plain_problem(400, "The request cannot be understood.")
    return render(request, "access/error.html", {"title": "This request cannot be understood"}, status=400)


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Says what is missing and whom to ask, for "403 Forbidden" helps nobody at six in the morning."""
    if is_api(request):
        return plain_problem(403, "You do not have permission to perform this action.")
    context = {
        "title": "You may not do this",
        "shared": isinstance(exception, NotYours),
        "roles": [],
        "ask": _whom_to_ask(request),
    }
    if isinstance(exception, NotAllowed):
        context["roles"] = [Role(role).label for role in roles_with(exception.permission)]
    return render(request, "access/refused.html", context, status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        return plain_problem(403, f"CSRF: {reason}")
    return render(
        request,
        "access/error.html",
        {
            "title": "This page was open for too long",
            "text": "Nothing was done. Load it again and repeat what you were doing.",
        },
        status=403,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api(request):
        return plain_problem(404, "There is nothing at this address.")
    return render(
        request,
        "access/error.html",
        {"title": "Not here", "text": "It does not exist, or it belongs to a depot that you do not see."},
        status=404,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The database may be what failed: this one asks it nothing."""
    if is_api(request):
        return plain_problem(500, "This is a fault of ours. It was logged.")
    return HttpResponse(loader.get_template("access/fault.html").render({}), status=500)


def _whom_to_ask(request: HttpRequest) -> list[str]:
    """Those who give permissions. Only people are told who they are."""
    if not isinstance(request.user, User):
        return []
    admins = User.objects.filter(role=Role.ADMIN, is_active=True, is_service=False).order_by("username")[:3]
    return [admin.get_full_name() or admin.username for admin in admins]
