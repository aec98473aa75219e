"""Images and campaigns; and the door by which chargers fetch a file."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.frame import Frame
from depot.firmware.forms import CampaignForm, ImageForm
from depot.firmware.models import Campaign, FirmwareImage, StepState
from depot.firmware.services import CampaignImpossible, add_image, plan_campaign, resume_campaign, stop_campaign
from depot.uploads import store
from depot.uploads.address import base_url_of
from depot.uploads.sending import send_file

SHOWN = 50


@require_GET
@needs("firmware.view_firmwareimage")
def firmware(request: UserRequest) -> HttpResponse:
    campaigns = within_reach(request.user, Campaign.objects.select_related("image")).annotate(
        of=Count("steps"),
        done=Count("steps", filter=Q(steps__state__in=(StepState.INSTALLED, StepState.SKIPPED))),
        failed=Count("steps", filter=Q(steps__state=StepState.FAILED)),
    )
    context = {"images": list(FirmwareImage.objects.all()[:SHOWN]), "campaigns": list(campaigns[:SHOWN])}
    return render(request, "firmware/firmware.html", context)


@require_http_methods(["GET", "POST"])
@needs("firmware.add_firmwareimage")
def add(request: UserRequest) -> HttpResponse:
    form = ImageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        image: FirmwareImage = form.save(commit=False)
        stored = store.keep_chunks(file.chunks()) if file else None
        image.file_name = _plain_name(file.name) if file else ""
        with transaction.atomic():
            add_image(image, stored, added_by=request.user, now=clock.now())
            audit.note(request, "added firmware", str(image), sha256=image.sha256)
        messages.success(request, f"{image} is there. A campaign brings it to chargers.")
        return redirect("firmware")
    return render(request, "firmware/image_form.html", {"form": form})


def _plain_name(told: str) -> str:
    """A name that stands in an address as it is."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in told)[-100:]


@require_http_methods(["GET", "POST"])
@needs("firmware.add_campaign")
def plan(request: UserRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None, user=request.user, zone=Frame(request).zone)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        campaign: Campaign = form.save(commit=False)
        campaign.begins_at = form.cleaned_data["begins_at"] or now
        campaign.base_url = base_url_of(request)
        try:
            plan_campaign(campaign, list(form.cleaned_data["chargers"]), created_by=request.user, now=now)
        except CampaignImpossible as why:
            form.add_error(None, str(why))
        else:
            audit.note(request, "planned firmware campaign", str(campaign), image=str(campaign.image))
            return redirect("firmware-campaign", campaign.pk)
    return render(request, "firmware/campaign_form.html", {"form": form})


@require_GET
@needs("firmware.view_campaign")
def campaign(request: UserRequest, campaign_id: int) -> HttpResponse:
    one = reachable_or_404(request, Campaign.objects.select_related("image", "created_by"), pk=campaign_id)
    steps = list(within_reach(request.user, one.steps.select_related("charger")))
    context = {"campaign": one, "steps": steps, "states": StepState, "is_open": one.state in ("planned", "running")}
    return render(request, "firmware/campaign.html", context)


@require_POST
@needs("firmware.change_campaign")
def stop(request: UserRequest, campaign_id: int) -> HttpResponse:
    one = reachable_or_404(request, Campaign, pk=campaign_id)
    if stop_campaign(one, why=f"Stopped by {request.user}"):
        audit.note(request, "stopped firmware campaign", str(one))
        messages.info(request, "Stopped: nobody else is asked. What is under way cannot be taken back.")
    return redirect("firmware-campaign", one.pk)


@require_POST
@needs("firmware.change_campaign")
def resume(request: UserRequest, campaign_id: int) -> HttpResponse:
    one = reachable_or_404(request, Campaign, pk=campaign_id)
    if resume_campaign(one, now=clock.now()):
        audit.note(request, "resumed firmware campaign", str(one))
        messages.info(request, "It goes on; those that failed are asked again.")
    return redirect("firmware-campaign", one.pk)


@require_safe
def file(request: HttpRequest, key: str, name: str) -> HttpResponseBase:
    """For chargers: whoever knows the key may fetch it, for they bring no password here."""
    image = FirmwareImage.objects.filter(key=key).exclude(stored_as="").first()
    if image is None or not store.path_of(image.stored_as).is_file():
        raise Http404("No such file")
    return send_file(request, store.path_of(image.stored_as), image.file_name)
