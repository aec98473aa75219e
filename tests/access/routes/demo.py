"""The demo's own pages: what goes wrong in its yard, and its clock."""

from tests.access.routes.row import (
    MANAGERS_AND_ENGINEERS,
    page,
)

DEMO = [
    page("GET", "demo/", MANAGERS_AND_ENGINEERS),
    page("POST", "demo/", MANAGERS_AND_ENGINEERS),
    page("POST", "demo/clock/", MANAGERS_AND_ENGINEERS),
]
