"""Database work away from the event loop: a pool of threads of its own, each with a connection that is looked after.

Never Django's one thread-sensitive thread: one slow operation in it would stop every charger.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a database thread. What it started is finished even where the caller is cancelled."""
    work = asyncio.get_running_loop().run_in_executor(_pool, partial(looked_after, function, *args, **kwargs))
    return await asyncio.shield(work)


def looked_after(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `function` with this thread's connection fit for use: broken and outdated ones are dropped first."""
    close_old_connections()
    return function(*args, **kwargs)
