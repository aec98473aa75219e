"""Groups of cards: who may stop for each other, and how many charge at a time."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot.access import audit
from depot.access.pages import NotYours, UserRequest, changeable_or_refused, needs
from depot.yard.forms.cards import GroupForm
from depot.yard.queries.groups import group_names, group_rows
from sessions.models import TokenGroup


@require_GET
@needs("charging_sessions.view_idtoken")
def groups(request: UserRequest) -> HttpResponse:
    # Groups hold in every depot: they are changed by who sees all of them.
    context = {"rows": group_rows(request.user), "sees_all": request.user.all_depots}
    return render(request, "yard/groups.html", context)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.add_idtoken")
def add_group(request: UserRequest) -> HttpResponse:
    if not request.user.all_depots:
        raise NotYours("groups of cards are shared by all depots")
    form = GroupForm(request.POST or None, initial={"name": request.GET.get("name", "")[:36]})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            group = form.save()
            audit.note(request, "added card group", group, max_concurrent=group.max_concurrent)
        messages.success(request, f"{group}: {_words(group)}")
        return redirect("token-groups")
    context = {"form": form, "title": "Say what holds for a group", "names": group_names(request.user)}
    return render(request, "yard/group_form.html", context)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.change_idtoken")
def change_group(request: UserRequest, group_id: int) -> HttpResponse:
    group = changeable_or_refused(request, TokenGroup, pk=group_id)
    form = GroupForm(request.POST or None, instance=group)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            audit.note(request, "changed card group", group, max_concurrent=group.max_concurrent)
        messages.success(request, f"{group}: {_words(group)}")
        return redirect("token-groups")
    return render(request, "yard/group_form.html", {"form": form, "group": group, "title": str(group)})


@require_POST
@needs("charging_sessions.delete_idtoken")
def delete_group(request: UserRequest, group_id: int) -> HttpResponse:
    group = changeable_or_refused(request, TokenGroup, pk=group_id)
    with transaction.atomic():
        audit.note(request, "deleted card group", group)
        group.delete()
    messages.success(request, f"Nothing holds for {group} any more but what its cards say themselves.")
    return redirect("token-groups")


def _words(group: TokenGroup) -> str:
    if group.max_concurrent is None:
        return "its cards charge at as many places as they like."
    places = "place" if group.max_concurrent == 1 else "places"
    return f"its cards charge at no more than {group.max_concurrent} {places} at a time."
