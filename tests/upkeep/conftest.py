"""Upkeep's pages and API read the yard as the yard's own pages do."""

from tests.yard.conftest import _stands_still, admin, bay, browser, charger, depot, evse

__all__ = ["_stands_still", "admin", "bay", "browser", "charger", "depot", "evse"]
