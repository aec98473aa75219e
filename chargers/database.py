"""Database work away from the event loop: a pool of threads of its own, each with a connection that is looked after.

Never Django's one thread-sensitive thread: one slow operation in it would stop every charger.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a database thread. What it started is finished even where the caller is cancelled."""
    work = asyncio.get_running_loop().run_in_executor(_pool, partial(looked_after, function, *args, **kwargs))
    return await asyncio.shield(work)


def looked_after(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `function` with this thread's connection fit for use: one on which an error occurred is looked at first.

    Not asked before each call whether it still works, as Django does for requests: that would be a round trip for
    each message of a charger. Who calls this tries again once where the database went away in between.
    """
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = True  # type: ignore[attr-defined]
    return function(*args, **kwargs)
