"""The addresses of billing's part of the API, included under /api/v1/."""

from django.urls import path

from billing import api

urlpatterns = [
    path("transactions/", api.TransactionFeed.as_view(), name="transaction-list"),
    path("transactions/control-totals/", api.ControlTotals.as_view(), name="transaction-control-totals"),
    path("transactions/<int:seq>/", api.TransactionDetail.as_view(), name="transaction-detail"),
    path("tariffs/", api.TariffList.as_view(), name="tariff-list"),
    path("tariffs/<int:pk>/", api.TariffDetail.as_view(), name="tariff-detail"),
]
