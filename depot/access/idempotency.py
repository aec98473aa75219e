"""`Idempotency-Key`: a POST that is sent again, because its answer got lost, causes nothing a second time.

The key is reserved first, in a transaction of its own. What the request causes and the answer to it are then
committed together: with an answer it happened, without one it did not, whenever the process dies. A refusal
causes nothing and frees its key, so that the same request may succeed later.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from depot.access.models import IdempotencyKey, User
from depot.access.problem import BadHeader, Problem

HEADER = "Idempotency-Key"
MAX_LENGTH = 200
KEPT_FOR = timedelta(hours=24)
# Longer than any request takes: `?wait=` ends after 30 s. Who is still without an answer then has died.
LEASE = timedelta(seconds=90)

P = ParamSpec("P")


class Caused(Response):
    """The answer to a request that caused something."""

    def __init__(
        self,
        data: Any = None,
        status: int = 201,
        *,
        location: str = "",
        secrets: Collection[str] = (),
        then: Callable[[], Any] | None = None,
    ) -> None:
        """`secrets`: members that are told once and not kept. `then`: after the commit, waits for better data."""
        super().__init__(data, status=status, headers={"Location": location} if location else None)
        self.location = location
        self.secrets = secrets
        self.then = then

    def complete(self) -> None:
        if self.then is not None:
            self.data = self.then()

    def kept(self) -> str:
        data = self.data
        if self.secrets:
            data = {name: None if name in self.secrets else value for name, value in data.items()}
        body: bytes = JSONRenderer().render(data)
        return body.decode()


class LostIt(Exception):
    """Another try holds the key by now: what this one did is rolled back."""


@dataclass(frozen=True, slots=True)
class Reservation:
    row_id: int
    attempt: str

    def keep(self, response: Caused) -> None:
        """In the transaction of what was caused."""
        kept = self._mine().update(status=response.status_code, body=response.kept(), location=response.location)
        if not kept:
            raise LostIt

    def finish(self, response: Caused) -> None:
        self._mine().update(body=response.kept(), finished_at=datetime.now(UTC))

    def free(self) -> None:
        self._mine().filter(status=None).delete()

    def _mine(self) -> Any:
        return IdempotencyKey.objects.filter(pk=self.row_id, attempt=self.attempt)


class _View(Protocol): ...


V = TypeVar("V", bound=_View)
Handler = Callable[Concatenate[V, Request, P], Caused]


def caused_once(handler: Handler[V, P]) -> Callable[Concatenate[V, Request, P], Response]:
    """For the handler of a POST: one transaction, and one effect for each Idempotency-Key."""

    @wraps(handler)
    def answer(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = _key_of(request)
        if key is None:
            with transaction.atomic():
                response = handler(view, request, *args, **kwargs)
            response.complete()
            return response
        reserved = _reserve(request, key)
        if isinstance(reserved, Response):
            return reserved
        try:
            with transaction.atomic():
                response = handler(view, request, *args, **kwargs)
                reserved.keep(response)
        except LostIt:
            raise _in_flight() from None
        except BaseException:
            reserved.free()
            raise
        response.complete()
        reserved.finish(response)
        return response

    answer.honours_idempotency_key = True  # type: ignore[attr-defined]
    return answer


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise BadHeader(HEADER, f"1 to {MAX_LENGTH} printable ASCII characters are expected.")
    return key


def _digest_of(request: Request) -> str:
    """What was asked: the address, its parameters and the body as it was understood."""
    asked = [request.method, request.path, sorted(request.query_params.lists()), request.data]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _reserve(request: Request, key: str) -> Reservation | Response:
    """The key for this try, or the answer that was given before."""
    user, now = request.user, datetime.now(UTC)
    if not isinstance(user, User):
        raise TypeError("who is not known causes nothing")
    digest, attempt = _digest_of(request), uuid.uuid4().hex
    IdempotencyKey.objects.filter(user=user, key=key, created_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(
                user=user, key=key, request_digest=digest, attempt=attempt, created_at=now
            )
        return Reservation(row.pk, attempt)
    except IntegrityError:
        first = IdempotencyKey.objects.filter(user=user, key=key).first()
    if first is None:  # freed a moment ago
        raise _in_flight()
    if first.request_digest != digest:
        raise Problem("key-reused", "The first request with this key asked for something else.")
    if first.finished_at is not None:
        return _again(first)
    if now - first.created_at < LEASE:
        raise _in_flight()
    if first.status is not None:
        return _again(first)
    taken_over = IdempotencyKey.objects.filter(pk=first.pk, attempt=first.attempt, status=None).update(
        attempt=attempt, created_at=now
    )
    if not taken_over:
        raise _in_flight()
    return Reservation(first.pk, attempt)


def _in_flight() -> Problem:
    return Problem("in-flight", "The first request with this key has not been answered yet.", retry_after_s=1)


def _again(row: IdempotencyKey) -> Response:
    headers = {"Idempotency-Replayed": "true"} | ({"Location": row.location} if row.location else {})
    return Response(json.loads(row.body), status=row.status, headers=headers)
