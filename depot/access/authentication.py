"""How a request to the API proves who sends it: a key, or the session of somebody signed in."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from depot import clock
from depot.access import keys
from depot.access.audit import address_of
from depot.access.models import ApiKey, User


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            return None
        key = keys.find_key(presented.strip())
        if key is None:
            raise AuthenticationFailed("This key is not known here, or was revoked.")
        keys.note_use(key, address=address_of(request._request), now=clock.now())
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="depot"'
