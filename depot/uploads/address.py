"""Where chargers reach us for files."""

from django.conf import settings
from django.http import HttpRequest

from depot.yard.card import door_of

SCHEMES = {"wss": "https", "ws": "http"}


def base_url_of(request: HttpRequest) -> str:
    """PUBLIC_FILES_URL; else beside the chargers' door, as PUBLIC_CHARGER_URL or this request's address say it."""
    if settings.PUBLIC_FILES_URL:
        return str(settings.PUBLIC_FILES_URL).rstrip("/")
    door = door_of(settings.PUBLIC_CHARGER_URL, page_host=request.get_host(), page_is_secure=request.is_secure())
    return f"{SCHEMES[door.scheme]}://{door.host}"
