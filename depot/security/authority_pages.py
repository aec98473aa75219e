"""The certificate authority's page: its roots to take along, whom else we accept, what was signed, and revoking it."""

from datetime import UTC, datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from chargers.certificates.models import Authority, AuthorityUse, SignedCertificate, TlsTrouble
from chargers.certificates.papers import NotACertificate, read_pem
from chargers.certificates.services import authorities
from depot.access import audit
from depot.access.pages import UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.security.forms import AcceptAuthorityForm, MakeAuthorityForm
from depot.security.standing import link_of
from depot.yard.pages import page_of

SHOWN_USES = (AuthorityUse.CHARGERS, AuthorityUse.FOREIGN)


@require_GET
@needs("certificates.view_authority")
def authority(request: UserRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: UserRequest, make: MakeAuthorityForm | None = None, accept: AcceptAuthorityForm | None = None
) -> HttpResponse:
    at = datetime.now(UTC)
    rows = list(Authority.objects.filter(use__in=SHOWN_USES, retired_at=None))
    signed = within_reach(request.user, SignedCertificate.objects.select_related("charger", "authority", "revoked_by"))
    context = {
        "ours": [(row, link_of(read_pem(row.certificate), at)) for row in rows if row.use == AuthorityUse.CHARGERS],
        "foreign": [(row, link_of(read_pem(row.certificate), at)) for row in rows if row.use == AuthorityUse.FOREIGN],
        "page": page_of(request, signed.order_by("-pk")),
        "troubles": within_reach(request.user, TlsTrouble.objects.all())[:20],
        "make": make or MakeAuthorityForm(initial={"organization": authorities.DEFAULT_ORGANIZATION}),
        "accept": accept or AcceptAuthorityForm(),
        "may_manage": request.user.has_perm("certificates.manage_authorities") and request.user.all_depots,
        "real_now": at,
    }
    return render(request, "security/authority.html", context)


@require_POST
@needs("certificates.manage_authorities")
def make(request: UserRequest) -> HttpResponse:
    form = MakeAuthorityForm(request.POST)
    if not _sees_all(request) or not form.is_valid():
        return _page(request, make=form)
    with transaction.atomic():
        row = authorities.make_authority(form.cleaned_data["organization"], at=datetime.now(UTC))
        audit.note(request, "made certificate authority", row.name)
    messages.success(request, f"{row} is made. Install its root in your chargers, each on its own page.")
    return redirect("authority")


@require_POST
@needs("certificates.manage_authorities")
def accept(request: UserRequest) -> HttpResponse:
    form = AcceptAuthorityForm(request.POST)
    if _sees_all(request) and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                row = authorities.accept_authority(
                    said["certificate"], organization=said["organization"], at=datetime.now(UTC)
                )
                audit.note(request, "accepted certificate authority", row.name)
        except (NotACertificate, authorities.NotAnAuthority) as error:
            form.add_error("certificate", str(error))
        else:
            messages.success(request, f"Certificates that {row} signed are accepted from now on.")
            return redirect("authority")
    return _page(request, accept=form)


def _sees_all(request: UserRequest) -> bool:
    """An authority serves all depots: only who sees them all changes it."""
    if not request.user.all_depots:
        messages.error(request, "The authority serves all depots: only who sees all of them may change it.")
    return request.user.all_depots


@require_GET
@needs("certificates.view_authority")
def root(request: UserRequest, authority_id: int) -> HttpResponse:
    row = reachable_or_404(request, Authority.objects.filter(use__in=SHOWN_USES), pk=authority_id)
    response = HttpResponse(row.certificate, content_type="application/x-pem-file")
    response["Content-Disposition"] = f'attachment; filename="{slugify(row.name) or "root"}.pem"'
    return response


@require_POST
@needs("certificates.manage_authorities")
def retire(request: UserRequest, authority_id: int) -> HttpResponse:
    row = changeable_or_refused(request, Authority.objects.filter(use__in=SHOWN_USES), pk=authority_id)
    with transaction.atomic():
        authorities.retire_authority(row, at=datetime.now(UTC))
        audit.note(request, "retired certificate authority", row.name)
    messages.success(request, f"Nothing that {row} signed is accepted any more.")
    return redirect("authority")


@require_POST
@needs("certificates.manage_authorities")
def revoke(request: UserRequest, signed_id: int) -> HttpResponse:
    signed = reachable_or_404(request, SignedCertificate, pk=signed_id)
    because = request.POST.get("because", "").replace("\x00", "")[:200]
    with transaction.atomic():
        if authorities.revoke(signed, because=because, by=request.user, at=datetime.now(UTC)):
            audit.note(request, "revoked certificate", str(signed), because=because)
    messages.success(
        request, f"{signed} is revoked: whoever shows it is refused at the door, and a line that it opened is closed."
    )
    if signed.charger_id and request.POST.get("back") == "charger":
        return redirect("charger-security", signed.charger_id)
    return redirect("authority")
