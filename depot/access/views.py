"""Signing in and out, and one's own password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from depot.access.audit import note
from depot.access.forms import SignInForm
from depot.access.models import User
from depot.access.pages import signed_in

FORM_METHODS = ["get", "head", "options", "post"]


class SignIn(LoginView):
    http_method_names = FORM_METHODS
    template_name = "access/sign_in.html"
    form_class = SignInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if isinstance(self.request.user, User):
            note(self.request, "signed in", self.request.user)
        return response


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


@method_decorator(signed_in, name="dispatch")
class OwnPassword(PasswordChangeView):
    http_method_names = FORM_METHODS
    template_name = "access/own_password.html"
    success_url = reverse_lazy("own-password")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        if isinstance(self.request.user, User):
            note(self.request, "changed own password", self.request.user)
        messages.success(self.request, "Your password is changed. Elsewhere you are signed out.")
        return response
