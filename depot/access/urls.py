from django.urls import path

from depot.access import audit_pages, people, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.OwnPassword.as_view(), name="own-password"),
    path("users/", people.users, name="users"),
    path("users/add/", people.add_user, name="user-add"),
    path("users/<int:user_id>/", people.user, name="user"),
    path("users/<int:user_id>/reset-password/", people.reset_password, name="user-reset-password"),
    path("users/<int:user_id>/deactivate/", people.deactivate, name="user-deactivate"),
    path("users/<int:user_id>/reactivate/", people.reactivate, name="user-reactivate"),
    path("users/keys/add/", people.add_key, name="key-add"),
    path("users/keys/<int:key_id>/revoke/", people.revoke_key, name="key-revoke"),
    path("audit/", audit_pages.audit, name="audit"),
    path("audit.csv", audit_pages.audit_csv, name="audit-csv"),
]
