"""What the API answers when it cannot do what was asked: problem documents (RFC 9457), for every error alike."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES_AT = "/api/v1/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem that a program may want to tell from others of the same status."""

    slug: str
    status: int
    title: str
    remedy: str


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("invalid", 400, "The request does not fit", "Correct what `errors` points at and send it again."),
        Kind(
            "charger-offline",
            409,
            "The charger is offline",
            "Nothing was sent. Send it again when the charger is back: `is_online` of the charger tells.",
        ),
        Kind(
            "not-spoken",
            409,
            "The charger does not speak this",
            "Its OCPP version has no such call; `protocol` of the charger says which version it is.",
        ),
        Kind("not-adopted", 409, "The charger is not adopted", "Adopt it first; until then it is only read from."),
        Kind(
            "left-alone",
            409,
            "It is left as it is",
            "`detail` says why: by a choice of a person, or because it could lock the charger out.",
        ),
        Kind("no-password", 409, "The charger came without a password", "Let it have a new one."),
        Kind("schema", 400, "The payload breaks the schema of the charger's OCPP version", "Correct the payload."),
        Kind("occupied", 409, "A vehicle is charging there already", "Stop that session first, or choose another bay."),
        Kind("no-token", 409, "The vehicle has no token to start with", "Give the vehicle an id token."),
        Kind("needs-replug", 409, "The vehicle must be plugged in anew", "Pull the cable, plug it in, then start."),
        Kind("token-refused", 409, "The token may not charge", "Look at its standing and dates, or name another."),
        Kind("session-ended", 409, "The session has ended already", "Nothing is left to do."),
        Kind("too-late", 409, "It is too late for that", "Look at the row again: it has moved on."),
        Kind("in-use", 409, "Others refer to it", "Remove what `detail` names first, or keep it."),
        Kind("taken", 409, "There is one already", "Choose another name, or change the one that exists."),
        Kind(
            "key-reused",
            422,
            "This Idempotency-Key was used for something else",
            "Make a new key for each thing that is to happen once.",
        ),
        Kind(
            "in-flight",
            409,
            "The first request with this Idempotency-Key is still running",
            "Wait as long as Retry-After says and send the same request again.",
        ),
        Kind(
            "shared",
            403,
            "It is shared by all depots",
            "Only a key or a user who sees all depots may change it.",
        ),
        Kind("too-large", 413, "The request is too large", "Send less at once."),
    )
}


class Problem(exceptions.APIException):
    """Raised by a view; the reader is told `detail` and whatever else is named."""

    def __init__(self, slug: str, detail: str, *, retry_after_s: int | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.kind = KINDS[slug]
        self.status_code = self.kind.status
        self.members = members
        self.retry_after_s = retry_after_s


class Away(exceptions.APIException):
    """Where the answer to a commit got lost, nobody knows whether it was done; the key makes sending it again safe."""

    status_code = 503
    default_detail = "The depot's database cannot be reached. Send it again, with the same Idempotency-Key."
    wait = 10


class BadParameter(exceptions.ValidationError):
    """A query parameter that cannot be understood; it is named, for no pointer leads into an address."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.parameter = name


class BadHeader(exceptions.ValidationError):
    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.header = name


def document(status: int, detail: str = "", *, kind: Kind | None = None, **members: Any) -> dict[str, Any]:
    """One problem in the words of RFC 9457. `about:blank` says: no more than its status."""
    body: dict[str, Any] = {
        "type": f"{TYPES_AT}{kind.slug}/" if kind else "about:blank",
        "title": kind.title if kind else HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    return body | members


def answer_problem(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets Django log what was never expected, and `server_error` answer it."""
    known = _as_api_exception(exception)
    if known is None:
        return None
    headers = {}
    if authenticate := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if (wait_s := getattr(known, "wait", None) or getattr(known, "retry_after_s", None)) is not None:
        headers["Retry-After"] = str(int(wait_s))
    return Response(_body_of(known), status=known.status_code, headers=headers, content_type=MEDIA_TYPE)


def _as_api_exception(exception: Exception) -> exceptions.APIException | None:
    if isinstance(exception, exceptions.APIException):
        return exception
    if isinstance(exception, Http404):
        return exceptions.NotFound()
    if isinstance(exception, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exception, ProtectedError):
        kinds = sorted({str(row._meta.verbose_name_plural) for row in exception.protected_objects})
        return Problem("in-use", f"There are still {' and '.join(kinds)} of it.")
    if isinstance(exception, OperationalError | InterfaceError):
        logger.warning("the database is away: %s", exception)
        return Away()
    return None


def _body_of(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, Problem):
        return document(error.status_code, str(error.detail), kind=error.kind, **error.members)
    if isinstance(error, exceptions.ValidationError):
        errors = list(field_errors(error.detail))
        if isinstance(error, BadParameter):
            errors = [{"parameter": error.parameter, "detail": said["detail"], "code": "invalid"} for said in errors]
        if isinstance(error, BadHeader):
            errors = [{"header": error.header, "detail": said["detail"], "code": "invalid"} for said in errors]
        return document(error.status_code, errors[0]["detail"] if errors else "", kind=KINDS["invalid"], errors=errors)
    return document(error.status_code, str(error.detail))


def field_errors(detail: Any, pointer: str = "#") -> Iterator[dict[str, str]]:
    """What is wrong, each with a JSON pointer into the request's body; `#` alone is the body as a whole."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from field_errors(inner, pointer if whole else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from field_errors(inner, f"{pointer}/{position}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail), "code": getattr(detail, "code", "invalid")}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def plain_problem(status: int, detail: str = "") -> HttpResponse:
    """A problem document where no DRF view was reached."""
    return JsonResponse(document(status, detail), status=status, content_type=MEDIA_TYPE)
