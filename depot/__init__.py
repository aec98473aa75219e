"""The roof: what sees the whole yard."""

from depot.celery import app as celery_app

__all__ = ["celery_app"]
