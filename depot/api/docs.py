"""The API about itself: its schema, its browsable description, its problems."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema, inline_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from depot.access.authentication import KeyAuthentication
from depot.access.pages import signed_in
from depot.access.permissions import SIGNED_IN
from depot.access.problem import KINDS

# Swagger UI, served by us, styles its elements one by one and draws its icons from data: addresses.
DOCS_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3 schema."""

    permissions_needed = {"GET": SIGNED_IN}


@method_decorator(signed_in, name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """For people: sent to sign in, where a program would get a 401."""

    permissions_needed = {"GET": SIGNED_IN}
    url_name = "api-schema"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response


class ProblemView(APIView):
    """What a kind of problem means, and what to do."""

    permissions_needed = {"GET": SIGNED_IN}

    @extend_schema(
        responses=inline_serializer(
            "ProblemKind",
            {
                "type": serializers.CharField(),
                "status": serializers.IntegerField(),
                "title": serializers.CharField(),
                "remedy": serializers.CharField(),
            },
        )
    )
    def get(self, request: Request, slug: str) -> Response:
        if slug not in KINDS:
            raise NotFound
        kind = KINDS[slug]
        return Response({"type": request.path, "status": kind.status, "title": kind.title, "remedy": kind.remedy})


@extend_schema(exclude=True)
class NothingHereView(APIView):
    """Every other address."""

    authentication_classes = [KeyAuthentication]
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        hint = ""
        if not request.path.endswith("/"):
            try:
                with_slash = resolve(f"{request.path}/")
            except Resolver404:
                with_slash = None
            if with_slash is not None and with_slash.url_name != "api-nothing":
                hint = f" Every address ends with a slash: {request.path}/"
        raise NotFound(f"There is nothing at this address.{hint}")
