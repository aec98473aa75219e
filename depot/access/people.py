"""The page of people and keys: who may do what, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import keys, services
from depot.access.audit import note
from depot.access.forms import NewKeyForm, NewPersonForm, PersonForm
from depot.access.models import ApiKey, Role, Scope, User
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.access.roles import OF_ROLE, OF_SCOPE

LAST_ADMIN = "Somebody must be left who is administrator and sees all depots. Give that to a colleague first."
BEYOND_OWN_REACH = "You can only give what you have: this reaches depots that you do not see."

# What the roles and scopes allow, in a reader's words, each by the permission that stands for it.
ABILITIES = (
    ("See the board, sessions, vehicles and chargers", "chargers.view_charger"),
    ("Start and stop sessions, say which vehicle it is", "charging_sessions.start_session"),
    ("Unlock a cable, bring the site to its minimum", "chargers.operate_charger"),
    ("See cards", "charging_sessions.view_idtoken"),
    ("Change vehicles and cards", "charging_sessions.change_vehicle"),
    ("Change bays", "depot.change_bay"),
    ("Change tariffs", "billing.change_tariff"),
    ("See transactions and what they cost", "billing.view_transaction"),
    ("Add, adopt and name chargers", "chargers.change_charger"),
    ("Reset and configure chargers", "chargers.engineer_charger"),
    ("Read messages, send any OCPP call", "chargers.call_raw"),
    ("Read the audit", "access.view_auditentry"),
    ("Manage people and keys", "access.manage_users"),
)


@dataclass(frozen=True, slots=True)
class Ability:
    words: str
    given: list[bool]


def abilities_of(permissions: list[frozenset[str]]) -> list[Ability]:
    return [Ability(words, [permission in those for those in permissions]) for words, permission in ABILITIES]


def _people(request: UserRequest) -> QuerySet[User]:
    people = User.objects.filter(is_service=False).prefetch_related("depots")
    return within_reach(request.user, people).order_by("-is_active", "username")


@require_GET
@needs("access.manage_users")
def users(request: UserRequest) -> HttpResponse:
    """Who is beyond the depots of the reader is not listed."""
    held = ApiKey.objects.select_related("user", "created_by").prefetch_related("user__depots")
    context = {
        "people": _people(request),
        "keys": within_reach(request.user, held).order_by("revoked_at", "name"),
        "roles": [role.label for role in Role],
        "role_abilities": abilities_of([OF_ROLE[role] for role in Role]),
        "scopes": [scope.label for scope in Scope],
        "scope_abilities": abilities_of([OF_SCOPE[scope] for scope in Scope]),
    }
    return render(request, "access/users.html", context)


@require_http_methods(["GET", "POST"])
@needs("access.manage_users")
def add_user(request: UserRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None, giver=request.user)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                person, password = services.create_user(
                    said["username"],
                    role=Role(said["role"]),
                    all_depots=said["all_depots"],
                    depots=said["depots"],
                    first_name=said["first_name"],
                    last_name=said["last_name"],
                    created_by=request.user,
                )
                note(request, "added person", person, role=person.role, **_reach_of(person))
        except services.UserNameTaken:
            form.add_error("username", "Somebody has this user name already, perhaps deactivated.")
        else:
            return _show_once(request, f"{person} may sign in", "Password", password)
    return render(request, "access/user_form.html", {"form": form, "title": "Add a person"})


@require_http_methods(["GET", "POST"])
@needs("access.manage_users")
def user(request: UserRequest, user_id: int) -> HttpResponse:
    person = reachable_or_404(request, User.objects.filter(is_service=False), pk=user_id)
    before = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "role": person.role,
        "all_depots": person.all_depots,
        "depots": list(person.depots.all()),
    }
    form = PersonForm(request.POST or None, giver=request.user, initial=before)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                services.rename(person, said["first_name"], said["last_name"], changed_by=request.user)
                services.change_role(person, Role(said["role"]), changed_by=request.user)
                services.change_depots(
                    person, all_depots=said["all_depots"], depots=said["depots"], changed_by=request.user
                )
                note(request, "changed person", person, was=before["role"], role=person.role, **_reach_of(person))
        except services.LastAdmin:
            form.add_error(None, LAST_ADMIN)
        except services.BeyondOwnReach:
            form.add_error(None, BEYOND_OWN_REACH)
        else:
            messages.success(request, f"{person} is changed.")
            return redirect("users")
    return render(request, "access/user_form.html", {"form": form, "person": person, "title": str(person)})


@require_POST
@needs("access.manage_users")
def reset_password(request: UserRequest, user_id: int) -> HttpResponse:
    person = reachable_or_404(request, User.objects.filter(is_service=False), pk=user_id)
    with transaction.atomic():
        password = services.reset_password(person, changed_by=request.user)
        note(request, "reset password", person)
    return _show_once(request, f"New password for {person}", "Password", password)


@require_POST
@needs("access.manage_users")
def deactivate(request: UserRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.deactivate, "deactivated", "{} can no longer sign in.")


@require_POST
@needs("access.manage_users")
def reactivate(request: UserRequest, user_id: int) -> HttpResponse:
    return _act(request, user_id, services.reactivate, "reactivated", "{} can sign in again.")


def _act(request: UserRequest, user_id: int, act: Callable[..., User], word: str, done: str) -> HttpResponse:
    person = reachable_or_404(request, User.objects.filter(is_service=False), pk=user_id)
    try:
        with transaction.atomic():
            act(person, changed_by=request.user)
            note(request, word, person)
    except services.LastAdmin:
        messages.error(request, LAST_ADMIN)
    else:
        messages.success(request, done.format(person))
    return redirect("users")


@require_http_methods(["GET", "POST"])
@needs("access.manage_users")
def add_key(request: UserRequest) -> HttpResponse:
    form = NewKeyForm(request.POST or None, giver=request.user)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                key, secret = keys.make_key(
                    said["name"],
                    scopes=[Scope(scope) for scope in said["scopes"]],
                    all_depots=said["all_depots"],
                    depots=said["depots"],
                    made_by=request.user,
                    now=clock.now(),
                )
                note(request, "made API key", key, scopes=key.scopes, **_reach_of(key.user))
        except keys.KeyNameTaken:
            form.add_error("name", "There is a key of this name. Revoke it first, or choose another name.")
        else:
            return _show_once(request, f"Key “{key}”", "Key", secret)
    return render(request, "access/key_form.html", {"form": form})


@require_POST
@needs("access.manage_users")
def revoke_key(request: UserRequest, key_id: int) -> HttpResponse:
    key = reachable_or_404(request, ApiKey, pk=key_id)
    with transaction.atomic():
        keys.revoke_key(key, now=clock.now())
        note(request, "revoked API key", key)
    messages.success(request, f"The key “{key}” opens nothing any more.")
    return redirect("users")


def _show_once(request: UserRequest, title: str, what: str, secret: str) -> HttpResponse:
    """Answers the POST itself, for what is redirected to would have to keep the secret somewhere."""
    response = render(request, "access/secret.html", {"title": title, "what": what, "secret": secret})
    response.headers["Cache-Control"] = "no-store"
    return response


def _reach_of(account: User) -> dict[str, Any]:
    return {"depots": "all" if account.all_depots else [str(depot) for depot in account.depots.all()]}
