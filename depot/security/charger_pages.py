"""A charger's security page: by what it comes, its certificate, what it has installed, and what can be asked of it."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chargers.certificates.door import comes_by
from chargers.certificates.models import Authority, AuthorityUse, HeldCertificate, Profile, SignedCertificate
from chargers.certificates.papers import NotACertificate, pem_of, read_pem
from chargers.certificates.services import inventory, upgrading
from chargers.certificates.services.authorities import living_authority
from chargers.choices import Protocol, Standing
from chargers.commands import ChangeSettings, InstallCertificate, RootKind, TriggerMessage
from chargers.events import Setting
from chargers.models import Charger
from chargers.queries import link_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.security.forms import ProfileForm
from depot.security.standing import standing_of
from depot.yard.asking import ask, offline_words, why_not
from depot.yard.card import door_of
from depot.yard.queries import overview

OWNER_16 = Setting("CpoName")
OWNER_2X = Setting("OrganizationName", component="SecurityCtrlr")


def _ours(request: UserRequest, charger_id: int) -> Charger:
    return reachable_or_404(request, Charger.objects.filter(standing=Standing.ADOPTED), pk=charger_id)


@require_GET
@needs("certificates.view_security")
def security(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    at = datetime.now(UTC)
    link = link_of(charger.pk)
    authorities = list(Authority.objects.filter(use=AuthorityUse.CHARGERS, retired_at=None))
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "security",
        "standing": standing_of(charger, at=at),
        "profiles": Profile.choices,
        "higher": _higher(charger),
        "signed": SignedCertificate.objects.filter(charger=charger).select_related("authority")[:20],
        "held": inventory.name_held(charger),
        "authorities": authorities,
        "holds_root": inventory.holds_root_of(charger, authorities) if authorities else None,
        "root_kinds": [
            (kind, purpose) for kind, purpose in inventory.PURPOSES.items() if kind != RootKind.V2G_CHAIN.value
        ],
        "why_not": why_not(link),
        "at": at,
        "real_now": at,
    }
    return render(request, "security/charger.html", context)


def _higher(charger: Charger) -> list[tuple[int, str]]:
    known = upgrading.security_known(charger)
    return [(profile.value, profile.label) for profile in upgrading.higher_than(comes_by(charger, known), known)]


@require_POST
@needs("certificates.change_security")
def require(request: UserRequest, charger_id: int) -> HttpResponse:
    """Of our side only: by less than this it is not let in."""
    charger = _ours(request, charger_id)
    form = ProfileForm(request.POST)
    if form.is_valid():
        profile = form.cleaned_data["profile"]
        with transaction.atomic():
            upgrading.require_profile(charger, profile)
            audit.note(request, "required security profile", charger, profile=int(profile))
        messages.success(request, f"{charger} must come by at least: {profile.label}.")
    else:
        messages.error(request, "Choose one of the profiles.")
    return redirect("charger-security", charger.pk)


@require_POST
@needs("certificates.change_security")
def upgrade(request: UserRequest, charger_id: int) -> HttpResponse:
    """The charger is asked to come by a higher profile; that one is required as soon as it did."""
    charger = _ours(request, charger_id)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the profiles.")
        return redirect("charger-security", charger.pk)
    profile = form.cleaned_data["profile"]
    try:
        with transaction.atomic():
            upgrading.ask_for_profile(
                charger, profile, url=charger_url(request), asked_by=request.user, now=clock.now()
            )
            audit.note(request, "asked for security profile", charger, profile=int(profile))
            live.tell([charger.pk], what="command")
    except upgrading.NoWayDown:
        messages.error(request, "Only to a higher profile: OCPP has no way down, so that nobody can be talked down.")
    except upgrading.SlotsUnknown:
        if ask(request, charger, upgrading.SLOTS, "Its network profiles") is not None:
            messages.warning(request, "Not yet: try again when it has said which of its network profiles are in use.")
    except upgrading.NotReady as missing:
        messages.error(request, f"Not yet. {missing}")
    except upgrading.UpgradeRuns:
        messages.error(request, "It is on its way to a higher profile already.")
    except ChargerOffline as offline:
        messages.error(request, f"Not sent. {offline_words(offline.since)}")
    except (CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        messages.error(request, f"Not sent: {error}")
    else:
        messages.info(request, f"Asked {charger} to come by: {profile.label}.")
    return redirect("charger-security", charger.pk)


def charger_url(request: UserRequest) -> str:
    """Where chargers reach us from outside, without an identity."""
    door = door_of(settings.PUBLIC_CHARGER_URL, page_host=request.get_host(), page_is_secure=request.is_secure())
    return f"{door.scheme}://{door.host}{door.path.rstrip('/')}"


@require_POST
@needs("chargers.engineer_charger")
def renew(request: UserRequest, charger_id: int) -> HttpResponse:
    """It makes a new pair of keys and asks for its certificate; the answer goes out by itself (A02)."""
    charger = _ours(request, charger_id)
    if living_authority() is None and living_authority(key_kind="rsa") is None:
        messages.error(request, "There is no authority yet that could sign it: make one first.")
        return redirect("authority")
    ask(request, charger, TriggerMessage(message="SignChargingStationCertificate"), "A new certificate")
    return redirect("charger-security", charger.pk)


@require_POST
@needs("chargers.engineer_charger")
def set_owner(request: UserRequest, charger_id: int) -> HttpResponse:
    """The owner that it puts into what it asks to have signed (white paper 7.5, 2.x OrganizationName)."""
    charger = _ours(request, charger_id)
    authority = living_authority() or living_authority(key_kind="rsa")
    if authority is None:
        messages.error(request, "There is no authority yet whose owner it could name: make one first.")
        return redirect("authority")
    owner = OWNER_16 if link_of(charger.pk).protocol == Protocol.V16 else OWNER_2X
    ask(request, charger, ChangeSettings(values=((owner, authority.organization),)), "Its owner's name")
    return redirect("charger-security", charger.pk)


@require_POST
@needs("chargers.engineer_charger")
def read(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = _ours(request, charger_id)
    for command in inventory.reading_commands(link_of(charger.pk).protocol or charger.protocol):
        if ask(request, charger, command, "Its certificates") is None:
            break
    return redirect("charger-security", charger.pk)


@require_POST
@needs("chargers.engineer_charger")
def install(request: UserRequest, charger_id: int) -> HttpResponse:
    """A root that it shall trust: one of ours, or one that is pasted."""
    charger = _ours(request, charger_id)
    kind = request.POST.get("kind", RootKind.CSMS.value)
    pasted = request.POST.get("certificate", "")[:20_000].strip()
    try:
        root = RootKind(kind)
        if pasted:
            command = InstallCertificate(root=root, certificate=pem_of(read_pem(pasted)))
        else:
            row = Authority.objects.get(pk=int(request.POST.get("authority", "")))
            command = inventory.installation_of(row, root)
    except NotACertificate as error:
        messages.error(request, f"Not sent. {error}")
    except (ValueError, Authority.DoesNotExist):
        messages.error(request, "Not sent. Choose an authority, or paste a certificate, and say what it is for.")
    else:
        ask(request, charger, command, "A root to trust")
    return redirect("charger-security", charger.pk)


@require_POST
@needs("chargers.engineer_charger")
def delete_held(request: UserRequest, charger_id: int, held_id: int) -> HttpResponse:
    charger = _ours(request, charger_id)
    held = reachable_or_404(request, HeldCertificate.objects.filter(charger=charger), pk=held_id)
    ask(request, charger, inventory.deletion_of(held), "Taking a certificate out")
    return redirect("charger-security", charger.pk)
