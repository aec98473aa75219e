"""Cards and other tokens: who may charge, how much, and for what credit."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import audit
from depot.access.pages import NotAllowed, UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import changeable, may_change, within_reach
from depot.board.frame import Frame, current_depot
from depot.models import Depot
from depot.yard import services
from depot.yard.forms.cards import CreditForm, TokenForm
from depot.yard.pages import depot_names, page_of
from depot.yard.queries.groups import group_names
from sessions.models import IdToken, Session, TokenStanding, Vehicle
from sessions.services import add_credit, end_credit

SHOWN_TOKENS = (("", "Cards"), ("blocked", "Blocked"), ("expired", "Expired"), ("ours", "Made here"))


@require_GET
@needs("charging_sessions.view_idtoken")
def tokens(request: UserRequest) -> HttpResponse:
    q, show = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("show", "")
    # A token of ours holds in every depot; it is seen where its vehicle is.
    mine = Q(is_ours=False) | Q(vehicle__in=within_reach(request.user, Vehicle.objects.all()))
    rows = _shown(within_reach(request.user, IdToken.objects.filter(mine)), show)
    for word in q.split():
        rows = rows.filter(
            Q(key__icontains=word)
            | Q(driver__icontains=word)
            | Q(group__icontains=word)
            | Q(vehicle__unit_number__icontains=word)
        )
    page = page_of(request, rows.select_related("vehicle").order_by("key"))
    on_page = IdToken.objects.filter(pk__in=[token.pk for token in page.rows])
    charging = Session.objects.running().filter(token__in=[token.pk for token in page.rows])
    context = {
        "page": page,
        "q": q,
        "show": show,
        "shown": SHOWN_TOKENS,
        "is_empty": not q and not show and not page.rows,
        "may_change": set(changeable(request.user, on_page).values_list("pk", flat=True)),
        "charging": dict(charging.order_by().values_list("token", "bay_name")),
        "now": clock.now(),
        "depots": depot_names(request),
    }
    return render(request, "yard/tokens.html", context)


def _shown(tokens: QuerySet[IdToken], show: str) -> QuerySet[IdToken]:
    match show:
        case "blocked":
            return tokens.filter(standing=TokenStanding.BLOCKED)
        case "expired":
            return tokens.filter(expires_at__lte=clock.now())
        case "ours":
            return tokens.filter(is_ours=True)
    return tokens.filter(is_ours=False)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.add_idtoken")
def add_token(request: UserRequest) -> HttpResponse:
    initial = {"vehicle": request.GET.get("vehicle"), "value": request.GET.get("value", "")[:255]}
    zone, here = Frame(request).zone, current_depot(request)
    form = TokenForm(request.POST or None, user=request.user, zone=zone, initial=initial, here=here)
    if request.method == "POST" and form.is_valid():
        token = form.save(commit=False)
        with transaction.atomic():
            services.add_token(token, now=clock.now())
            audit.note(request, "added card", token)
        messages.success(request, f"{token} may charge from now on.")
        return redirect("tokens")
    context = {"form": form, "title": "Add a card", "groups": group_names(request.user)}
    return render(request, "yard/token_form.html", context)


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.change_idtoken")
def change_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken.objects.filter(is_ours=False), pk=token_id)
    form = TokenForm(request.POST or None, user=request.user, zone=Frame(request).zone, instance=token)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            services.change_token(form.save(commit=False))
            audit.note(request, "changed card", token, fields=form.changed_data)
        messages.success(request, f"{token} is changed.")
        return redirect("tokens")
    context = {"form": form, "token": token, "title": str(token), "groups": group_names(request.user)}
    return render(request, "yard/token_form.html", context)


@require_POST
@needs("charging_sessions.change_idtoken")
def block_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken, pk=token_id)
    with transaction.atomic():
        services.block_token(token)
        audit.note(request, "blocked card", token)
    words = f"{token} is blocked: every charger that asks us says no from now on."
    session = Session.objects.running().filter(token=token).select_related("charger").first()
    if session is not None:
        words += f" It is charging at {session.bay_name or session.charger}, and goes on until it is stopped there."
    messages.success(request, words)
    return redirect("tokens")


@require_POST
@needs("charging_sessions.change_idtoken")
def unblock_token(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken, pk=token_id)
    with transaction.atomic():
        services.unblock_token(token)
        audit.note(request, "unblocked card", token)
    messages.success(request, f"{token} may charge again.")
    return redirect("tokens")


@require_http_methods(["GET", "POST"])
@needs("charging_sessions.view_idtoken")
def credit(request: UserRequest, token_id: int) -> HttpResponse:
    """What was paid in, what each charge took off, and what is left."""
    token = reachable_or_404(request, IdToken.objects.filter(is_ours=False), pk=token_id)
    may_add = request.user.has_perm("charging_sessions.change_idtoken")
    if request.method == "POST" and not may_add:
        raise NotAllowed("charging_sessions.change_idtoken")
    if request.method == "POST":
        changeable_or_refused(request, IdToken, pk=token_id)
    form = CreditForm(request.POST or None, token=token) if may_add and may_change(request.user, token) else None
    if request.method == "POST" and form is not None and form.is_valid():
        amount = form.cleaned_data["amount"]
        with transaction.atomic():
            entry = add_credit(token, amount, now=clock.now(), author=request.user, note=form.cleaned_data["note"])
            audit.note(request, "added credit", token, amount=str(amount))
        messages.success(request, f"{token} has {entry.balance} left.")
        return redirect("token-credit", token.pk)
    page = page_of(request, token.credit_entries.select_related("author"))
    context = {"token": token, "form": form, "page": page, "currency": _currency_of(request, token)}
    return render(request, "yard/credit.html", context)


def _currency_of(request: UserRequest, token: IdToken) -> str:
    """Credit is a number alone: it is in the currency of the depots where the card is valid, if they have one."""
    depots = Depot.objects.filter(pk=token.depot_key) if token.depot_key else Depot.objects.all()
    currencies = set(depots.values_list("currency", flat=True))
    return currencies.pop() if len(currencies) == 1 else ""


@require_POST
@needs("charging_sessions.change_idtoken")
def stop_credit(request: UserRequest, token_id: int) -> HttpResponse:
    token = changeable_or_refused(request, IdToken.objects.filter(is_ours=False), pk=token_id)
    with transaction.atomic():
        ended = end_credit(token, now=clock.now(), author=request.user)
        if ended is not None:
            audit.note(request, "ended credit", token, amount=str(ended.amount))
    messages.success(request, f"{token} is no longer prepaid: it charges without credit.")
    return redirect("token-credit", token.pk)
