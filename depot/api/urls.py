"""The addresses of the API, under /api/."""

from django.urls import include, path, re_path

from depot.api import docs

v1 = [
    path("schema/", docs.SchemaView.as_view(), name="api-schema"),
    path("docs/", docs.DocsView.as_view(), name="api-docs"),
    path("problems/<slug:slug>/", docs.ProblemView.as_view(), name="api-problem"),
]

urlpatterns = [
    path("v1/", include(v1)),
    # Whatever else is asked for under /api/ gets a problem document, in any method.
    re_path(r"^.*$", docs.NothingHereView.as_view(), name="api-nothing"),
]
