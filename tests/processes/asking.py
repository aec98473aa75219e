"""How tests ask a web process: as another system's program does, over HTTP."""

import asyncio
import json
import urllib.request
from typing import Any

from asgiref.sync import sync_to_async

from depot.access import keys
from depot.access.models import Scope
from tests.factories import THURSDAY
from tests.live import DepotProcess


async def key_that_may(*scopes: Scope, name: str = "program") -> str:
    return (await sync_to_async(keys.make_key)(name, scopes=scopes, all_depots=True, made_by=None, now=THURSDAY))[1]


async def get(web: DepotProcess, path: str, key: str) -> Any:
    return await asyncio.to_thread(_ask, urllib.request.Request(web.url + path), key)


async def post(web: DepotProcess, path: str, key: str) -> Any:
    return await asyncio.to_thread(ask_to_post, web, path, key)


def ask_to_post(web: DepotProcess, path: str, key: str, **words: Any) -> Any:
    return _ask(urllib.request.Request(web.url + path, json.dumps(words).encode(), method="POST"), key)


def _ask(request: urllib.request.Request, key: str) -> Any:
    request.add_header("Authorization", f"Bearer {key}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
