"""The Celery application: tasks of every room; in the embedded depot its broker is this process."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")

app = Celery("depot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A task is asked for in threads of the server too; without a default each would meet an application of its own.
app.set_default()
