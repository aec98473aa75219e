"""Who signs in, people and their keys, and the audit."""

from tests.access.routes.row import (
    ADMINS,
    EVERYONE,
    MANAGERS,
    open_page,
    page,
)

ACCESS = [
    open_page("GET", "sign-in/"),
    open_page("POST", "sign-in/"),
    open_page("POST", "sign-out/"),
    page("GET", "password/", EVERYONE),
    page("POST", "password/", EVERYONE),
    page("GET", "users/", ADMINS),
    page("GET", "users/add/", ADMINS),
    page("POST", "users/add/", ADMINS),
    page("GET", "users/<int:user_id>/", ADMINS),
    page("POST", "users/<int:user_id>/", ADMINS),
    page("POST", "users/<int:user_id>/reset-password/", ADMINS),
    page("POST", "users/<int:user_id>/deactivate/", ADMINS),
    page("POST", "users/<int:user_id>/reactivate/", ADMINS),
    page("GET", "users/keys/add/", ADMINS),
    page("POST", "users/keys/add/", ADMINS),
    page("POST", "users/keys/<int:key_id>/revoke/", ADMINS),
    page("GET", "audit/", MANAGERS),
    page("GET", "audit.csv", MANAGERS),
]
