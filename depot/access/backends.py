"""Who signs in, and what `user.has_perm` answers: from the table of roles, not from rows."""

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from depot.access.models import User
from depot.access.reach import is_within_reach
from depot.access.roles import permissions_of

Asker = AbstractBaseUser | AnonymousUser


class RolesBackend(ModelBackend):
    """Passwords as Django keeps them; permissions by role or scope. Groups and single permissions are not used."""

    def user_can_authenticate(self, user: Asker | None) -> bool:
        return isinstance(user, User) and user.is_active and not user.is_service

    def get_all_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or (obj is not None and not is_within_reach(user_obj, obj)):
            return set()
        return set(permissions_of(user_obj))

    def get_user_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        return set()

    async def aget_all_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        return await sync_to_async(self.get_all_permissions)(user_obj, obj)

    async def aget_user_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        return await self.aget_all_permissions(user_obj, obj)

    async def aget_group_permissions(self, user_obj: Asker, obj: Model | None = None) -> set[str]:
        return set()
