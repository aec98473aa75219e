"""May this user call this view? Each view says by method which permission it takes; what is not said is refused."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from depot.access.models import User
from depot.access.problem import Problem
from depot.access.reach import RULES, may_change

if TYPE_CHECKING:
    # DRF's views load their default classes, among them those of this module.
    from rest_framework.views import APIView

READS = ("GET", "HEAD", "OPTIONS")
SIGNED_IN = ""  # in `permissions_needed`: whoever is known here, whatever his role


class PermissionsNeeded(BasePermission):
    """Reads `view.permissions_needed`: a permission for each method; an action of a viewset may have its own."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.user, User):
            return False
        method = str(request.method)
        if not hasattr(view, method.lower()):
            return True  # goes on to "405 Method not allowed"
        permission = permission_for(view, method)
        return permission is not None and (permission == SIGNED_IN or request.user.has_perm(permission))

    def has_object_permission(self, request: Request, view: "APIView", obj: Any) -> bool:
        """What is beyond reach was not found already; what depots share is changed by who sees all of them."""
        changes = request.method not in READS and getattr(view, "changes_the_row", True)
        if changes and isinstance(obj, Model) and type(obj) in RULES and not may_change(request.user, obj):
            raise Problem("shared", f"{obj} is shared by all depots, and this user sees only some.")
        return True


def permission_for(view: "APIView", method: str) -> str | None:
    needed: dict[str, str] = getattr(view, "permissions_needed", {})
    action = getattr(view, "action", None)
    if action in needed:
        return needed[action]
    return needed.get("GET" if method == "HEAD" else method)
