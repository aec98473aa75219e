"""The Celery application: tasks of every room; in the embedded depot its broker is this process."""

import os
import signal
import threading
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")

app = Celery("depot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A task is asked for in threads of the server too; without a default each would meet an application of its own.
app.set_default()


@beat_init.connect
def end_beat_between_two_ticks(sender: Any, **words: Any) -> None:
    """Celery's own handler closes the books and raises wherever it is; where a library swallows that, beat goes on."""
    # In the embedded depot beat is a thread, and its end is the server's business.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
