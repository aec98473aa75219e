"""Database work away from the event loop: a pool of threads of its own, each with a connection that is looked after.

Never Django's one thread-sensitive thread: one slow operation in it would stop every charger.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
# How often a connection of this process was found broken, and how often that was when a thread last looked at its own.
_breaks = 0
_looked_at = threading.local()


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a database thread. What it started is finished even where the caller is cancelled."""
    work = asyncio.get_running_loop().run_in_executor(_pool, partial(looked_after, function, *args, **kwargs))
    return await asyncio.shield(work)


def looked_after(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `function` with this thread's connection fit for use: one on which an error occurred is looked at first.

    Not asked before each call whether it still works, as Django does for requests: that would be a round trip for
    each message of a charger. Who calls this tries again once where the database went away in between. Where one
    connection broke, the other threads' may have broken too: each looks at its own once.
    """
    global _breaks
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = getattr(_looked_at, "breaks", 0) == _breaks  # type: ignore[attr-defined]
    _looked_at.breaks = _breaks
    connection.close_if_health_check_failed()
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError):
        _breaks += 1
        raise
