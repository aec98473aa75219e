"""The addresses of the feed, included under /api/v1/; tariffs are changed on the roof, where the audit is."""

from django.urls import path

from billing import api

urlpatterns = [
    path("transactions/", api.TransactionFeed.as_view(), name="transaction-list"),
    path("transactions/control-totals/", api.ControlTotals.as_view(), name="transaction-control-totals"),
    path("transactions/<int:seq>/", api.TransactionDetail.as_view(), name="transaction-detail"),
]
