"""Adding a charger, the card to type from, how its tries go, and the waiting room."""

from datetime import UTC, datetime

import segno
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers import services as charger_services
from chargers.choices import Refusal, Standing
from chargers.models import Charger, Connection, IssuedCommand
from chargers.queries import link_of, links_of
from chargers.services.adopt import IdentityTaken, NoPasswordOffered
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board import asked
from depot.energy.delivery import views as limits
from depot.yard import services
from depot.yard.card import Card, door_of
from depot.yard.forms.chargers import AddChargerForm, AdoptForm
from depot.yard.pages import page_of, query_with
from depot.yard.queries import overview, tries

QR_SCALE = 4
PASSWORD_KINDS = ("change_settings",)


def card_for(request: UserRequest, charger: Charger, password: str | None) -> Card:
    door = door_of(settings.PUBLIC_CHARGER_URL, page_host=request.get_host(), page_is_secure=request.is_secure())
    return Card(door, charger.identity, charger.pinned_protocol, password)


def qr_code(text: str, label: str) -> SafeString:
    """Dark on a light square in every theme: readers take nothing else."""
    drawn = segno.make(text, micro=False, error="m").svg_inline(scale=QR_SCALE, border=3, dark="#000", light="#fff")
    return mark_safe(drawn.replace("<svg ", format_html('<svg role="img" aria-label="{}" ', label), 1))


@require_http_methods(["GET", "POST"])
@needs("chargers.add_charger")
def add(request: UserRequest) -> HttpResponse:
    initial = {"identity": request.GET.get("identity", "")[:48]}
    form = AddChargerForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                charger, password = services.add_charger(
                    said["identity"],
                    name=said["name"],
                    pinned_protocol=said["pinned_protocol"],
                    bay=said["bay"],
                    now=clock.now(),
                )
                audit.note(request, "added charger", charger, bay=str(said["bay"] or ""))
                live.tell([charger.pk], what="charger")
        except IdentityTaken:
            form.add_error("identity", "Somebody added this charger just now.")
        except services.BayNotFree:
            form.add_error("bay", "This bay got a charger just now; choose another one.")
        else:
            return _card_page(request, charger, password, title=f"{charger} is added")
    return render(request, "yard/charger_add.html", {"form": form})


@require_GET
@needs("chargers.change_charger")
def connect(request: UserRequest, charger_id: int) -> HttpResponse:
    """What to type in, without the password: that was shown once."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    return _card_page(request, charger, None, title=f"How {charger} connects")


@require_POST
@needs("chargers.change_charger")
def new_password(request: UserRequest, charger_id: int) -> HttpResponse:
    """The present one holds until the charger uses the new one."""
    charger = reachable_or_404(request, Charger.objects.filter(standing=Standing.ADOPTED), pk=charger_id)
    with transaction.atomic():
        password = charger_services.new_password(charger, clock.now())
        audit.note(request, "made new charger password", charger)
    if request.POST.get("send") == "1":
        try:
            with transaction.atomic():
                charger_services.send_new_password(charger, password, sent_by=request.user, now=clock.now())
        except charger_services.ChargerOffline:
            messages.warning(request, "It is not connected, so nothing was sent: type the new password in by hand.")
        except (charger_services.CommandNotSpoken, charger_services.CommandInvalid) as cannot:
            messages.warning(request, f"It could not be sent ({cannot}): type the new password in by hand.")
    return _card_page(request, charger, password, title=f"New password for {charger}")


def _card_page(request: UserRequest, charger: Charger, password: str | None, *, title: str) -> HttpResponse:
    """Answers the POST itself: what is redirected to would have to keep the password somewhere."""
    card = card_for(request, charger, password)
    context = {
        "title": title,
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "card": card,
        "qr": qr_code(card.url, "The address as a code"),
        "password_qr": qr_code(password, "The password as a code") if password else "",
        **_tries_context(request, charger),
    }
    response = render(request, "yard/connect.html", context)
    if password is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
@needs("chargers.change_charger")
def charger_tries(request: UserRequest, charger_id: int) -> HttpResponse:
    """The part of the page that says how it goes; asked again while the page is open."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    return render(request, "yard/_tries.html", _tries_context(request, charger))


def _tries_context(request: UserRequest, charger: Charger) -> dict[str, object]:
    facts = overview.link_facts(charger)
    sent = list(
        IssuedCommand.objects.filter(charger=charger, kind__in=PASSWORD_KINDS)
        .select_related("issued_by", "charger")
        .order_by("-pk")[:3]
    )
    return {
        "charger": charger,
        "tries": tries.tries_of(charger),
        "strangers": tries.strangers_like(request.user, charger),
        "facts": facts,
        "password_steps": asked.describe(sent, asking=request.user) if facts.waits_for_new_password else [],
        "real_now": datetime.now(UTC),
    }


@require_GET
@needs("chargers.change_charger")
def waiting_room(request: UserRequest) -> HttpResponse:
    rows = (
        within_reach(request.user, Charger.objects.filter(standing__in=[Standing.WAITING, Standing.REFUSED]))
        .annotate(
            tries=Count("connections"),
            address=Subquery(Connection.objects.filter(charger=OuterRef("pk")).order_by("-id").values("address")[:1]),
        )
        .order_by("-created_at")
    )
    shown = list(rows[: settings.WAITING_ROOM_SIZE * 4])
    links = links_of([charger.pk for charger in shown]) if shown else {}
    context = {
        "waiting": [(charger, links[charger.pk]) for charger in shown if charger.standing == Standing.WAITING],
        "refused": [(charger, links[charger.pk]) for charger in shown if charger.standing == Standing.REFUSED],
        "handshakes": list(tries.handshakes(request.user, reason="", q="")[:5]),
        "is_open": settings.WAITING_ROOM_OPEN,
        "size": settings.WAITING_ROOM_SIZE,
        "sees_all": request.user.all_depots,
        "real_now": datetime.now(UTC),
    }
    return render(request, "yard/waiting_room.html", context)


@require_http_methods(["GET", "POST"])
@needs("chargers.change_charger")
def adopt(request: UserRequest, waiting_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger.objects.filter(standing=Standing.WAITING), pk=waiting_id)
    form = AdoptForm(request.POST or None, user=request.user, charger=charger)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        proof = services.Proof(said["proof"])
        try:
            with transaction.atomic():
                password = services.adopt(
                    charger,
                    name=said["name"],
                    bays=form.bays(),
                    proof=proof,
                    adopted_by=request.user,
                    now=clock.now(),
                )
                bays = ", ".join(str(bay) for bay in form.bays().values())
                audit.note(request, "adopted charger", charger, bays=bays, proof=proof.value)
                live.tell([charger.pk], what="charger")
        except NoPasswordOffered:
            form.add_error("proof", "It came without a password last time: there is none to trust.")
        except services.BayNotFree:
            form.add_error(None, "One of these bays got a charger just now; choose another one.")
        else:
            if said.get("clear_profiles"):
                limits.clear(request, charger)
            return _card_page(request, charger, password, title=f"{charger} is adopted")
    context = {
        "charger": charger,
        "form": form,
        "bay_fields": [form[name] for name in form.bay_fields],
        "link": link_of(charger.pk),
        "tries": Connection.objects.filter(charger=charger).count(),
        "real_now": datetime.now(UTC),
    }
    return render(request, "yard/adopt.html", context)


@require_POST
@needs("chargers.change_charger")
def refuse(request: UserRequest, charger_id: int) -> HttpResponse:
    """It is turned away from now on, and its bays stay without a charger until that is taken back."""
    charger = reachable_or_404(request, Charger.objects.exclude(standing=Standing.REFUSED), pk=charger_id)
    with transaction.atomic():
        charger_services.refuse_charger(charger)
        audit.note(request, "refused charger", charger, address=link_of(charger.pk).address)
        live.tell([charger.pk], what="charger")
    messages.success(request, f"{charger} is refused: it is turned away at the door until this is taken back.")
    return redirect("waiting-room")


@require_POST
@needs("chargers.change_charger")
def forget(request: UserRequest, waiting_id: int) -> HttpResponse:
    strangers = Charger.objects.filter(standing__in=[Standing.WAITING, Standing.REFUSED])
    charger = reachable_or_404(request, strangers, pk=waiting_id)
    identity = charger.identity
    try:
        # Refused first, and committed: what holds its socket is told by its rows, which are gone afterwards.
        charger_services.refuse_charger(charger)
        with transaction.atomic():
            audit.note(request, "forgot charger", identity)
            services.delete_charger(charger)
    except services.ChargerInUse:
        messages.error(request, f"{identity} stays refused: sessions in the books came from it.")
    else:
        messages.success(request, f"{identity} is forgotten. If it calls in again, it waits here as a stranger.")
    return redirect("waiting-room")


@require_POST
@needs("chargers.change_charger")
def let_wait(request: UserRequest, refused_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger.objects.filter(standing=Standing.REFUSED), pk=refused_id)
    with transaction.atomic():
        services.let_wait_again(charger)
        audit.note(request, "took refusal back", charger)
    messages.success(request, f"{charger} may wait again; it shows here as soon as it calls in.")
    return redirect("waiting-room")


@require_GET
@needs("chargers.view_refusedhandshake")
def handshakes(request: UserRequest) -> HttpResponse:
    reason = request.GET.get("reason", "")
    reason = reason if reason in Refusal.values else ""
    q = request.GET.get("q", "").replace("\x00", "")[:100]
    page = page_of(request, tries.handshakes(request.user, reason=reason, q=q))
    context = {
        "page": page,
        "reason": reason,
        "q": q,
        "reasons": Refusal.choices,
        "sees_all": request.user.all_depots,
        "all": query_with(request, reason=None, q=None, page=None),
        "real_now": datetime.now(UTC),
    }
    return render(request, "yard/handshakes.html", context)
