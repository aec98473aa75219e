"""The second door of a server that listens for chargers: the same application, by TLS of our own."""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import cast

import uvicorn
from django.conf import settings

from chargers import tls


class TlsDoor:
    """Opened and closed with its server."""

    def __init__(self, place: socket.socket) -> None:
        self.place = place
        self.context = tls.make_context(settings.TLS_CERTIFICATES, settings.TLS_KEYS)
        files = list(zip(settings.TLS_CERTIFICATES, settings.TLS_KEYS, strict=True))
        self.keeper = tls.TrustKeeper(self.context, files)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        port: int = self.place.getsockname()[1]
        return port

    async def open(self, server: uvicorn.Server) -> None:
        # Who is accepted is known before the first charger knocks.
        await self.keeper.look()
        self._task = asyncio.create_task(self.keeper.keep())
        config = server.config
        make_protocol: Callable[[], asyncio.Protocol] = partial(
            cast(Callable[..., asyncio.Protocol], config.http_protocol_class),
            config=config,
            server_state=server.server_state,
            app_state=server.lifespan.state,
        )
        listener = await asyncio.get_running_loop().create_server(
            make_protocol,
            sock=self.place,
            ssl=self.context,
            ssl_handshake_timeout=tls.HANDSHAKE_WITHIN_S,
            backlog=config.backlog,
        )
        # What the server closes when it stops.
        server.servers.append(listener)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
