"""Who asks for a charger's address without asking for a WebSocket (quirk 2)."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

WORDS = (
    "This is the address of a charger: it takes WebSockets only (OCPP-J). The request came without "
    "'Connection: Upgrade' and 'Upgrade: websocket'; a proxy may have taken them away, or the charger does not send "
    "them.\n"
)


@require_safe
def no_upgrade(request: HttpRequest, rest: str) -> HttpResponse:
    logger.warning(
        "handshake without Upgrade at %s from %s: Connection is %r, Upgrade is %r",
        request.path[:300],
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("Connection", "")[:60],
        request.headers.get("Upgrade", "")[:60],
    )
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    return HttpResponse(WORDS, status=426, content_type="text/plain; charset=utf-8", headers=headers)
