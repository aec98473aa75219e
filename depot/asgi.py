"""One ASGI application for chargers, browsers and the ERP; which servers serve which part is deployment's choice."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

django_application: Any = get_asgi_application()

from chargers import layer
from chargers.consumers import ChargerConsumer
from depot.board.consumers import BoardConsumer
from depot.uploads.door import is_upload, receive_upload

# Browsers come with a cookie, so only pages of ours may open this one.
people_door: Any = AllowedHostsOriginValidator(AuthMiddlewareStack(BoardConsumer.as_asgi()))


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        layer.take_loop()
        if is_upload(scope["path"]):
            await receive_upload(scope, receive, send)
        else:
            await django_application(scope, receive, send)
    elif scope["type"] == "websocket":
        if scope["path"].rstrip("/") == "/live":
            layer.take_loop()
            await people_door(scope, receive, send)
        else:
            # Whatever is no page of ours is a charger's try, and is told what was wrong with it.
            await ChargerConsumer()(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            layer.take_loop()
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
