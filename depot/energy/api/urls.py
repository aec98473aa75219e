"""The addresses of the depot's energy, under /api/v1/."""

from typing import Any

from django.urls import path

from depot.energy.api.meters import IntervalViews, MeterViews, PeakViews, SampleViews
from depot.energy.api.needs import HabitViews, NeedViews, TimetableViews
from depot.energy.api.plans import PlanView, PlanViews
from depot.energy.api.rules import ChargeNowViews, GridCapViews, ManualLimitViews, RuleViews
from depot.energy.api.site import CircuitViews, EnergySettingsViews, SiteTariffViews, WiringViews

LIST: dict[str, Any] = {"get": "list"}
LIST_AND_CREATE: dict[str, Any] = {"get": "list", "post": "create"}
ONE_TO_CHANGE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
ONE_TO_LIFT: dict[str, Any] = {"get": "retrieve", "delete": "destroy"}
SAMPLES: dict[str, Any] = {"get": "list", "post": "push"}

urlpatterns = [
    path("circuits/", CircuitViews.as_view(LIST_AND_CREATE), name="api-circuits"),
    path("circuits/<int:pk>/", CircuitViews.as_view(ONE_TO_CHANGE), name="api-circuit"),
    path("wirings/", WiringViews.as_view(LIST_AND_CREATE), name="api-wirings"),
    path("wirings/<int:pk>/", WiringViews.as_view(ONE_TO_CHANGE), name="api-wiring"),
    path("energy-settings/", EnergySettingsViews.as_view(LIST_AND_CREATE), name="api-energy-settings"),
    path("energy-settings/<int:pk>/", EnergySettingsViews.as_view(ONE_TO_CHANGE), name="api-energy-setting"),
    path("site-tariffs/", SiteTariffViews.as_view(LIST_AND_CREATE), name="api-site-tariffs"),
    path("site-tariffs/<int:pk>/", SiteTariffViews.as_view(ONE_TO_CHANGE), name="api-site-tariff"),
    path("meters/", MeterViews.as_view(LIST_AND_CREATE), name="api-meters"),
    path("meters/<int:pk>/", MeterViews.as_view(ONE_TO_CHANGE), name="api-meter"),
    path("meters/<int:pk>/samples/", SampleViews.as_view(SAMPLES), name="api-meter-samples"),
    path("site-intervals/", IntervalViews.as_view(LIST), name="api-site-intervals"),
    path("month-peaks/", PeakViews.as_view(LIST), name="api-month-peaks"),
    path("timetables/", TimetableViews.as_view(LIST_AND_CREATE), name="api-timetables"),
    path("timetables/<int:pk>/", TimetableViews.as_view(ONE_TO_CHANGE), name="api-timetable"),
    path("habits/", HabitViews.as_view(LIST_AND_CREATE), name="api-habits"),
    path("habits/<int:pk>/", HabitViews.as_view(ONE_TO_CHANGE), name="api-habit"),
    path("needs/", NeedViews.as_view(LIST_AND_CREATE), name="api-needs"),
    path("needs/bulk/", NeedViews.as_view({"post": "bulk"}), name="api-needs-bulk"),
    path("needs/<int:pk>/", NeedViews.as_view(ONE_TO_LIFT), name="api-need"),
    path("rules/", RuleViews.as_view(LIST_AND_CREATE), name="api-rules"),
    path("rules/<int:pk>/", RuleViews.as_view(ONE_TO_CHANGE), name="api-rule"),
    path("rules/<int:pk>/activate/", RuleViews.as_view({"post": "activate"}), name="api-rule-activate"),
    path("rules/<int:pk>/take-back/", RuleViews.as_view({"post": "take_back"}), name="api-rule-take-back"),
    path("manual-limits/", ManualLimitViews.as_view(LIST_AND_CREATE), name="api-manual-limits"),
    path("manual-limits/<int:pk>/", ManualLimitViews.as_view(ONE_TO_LIFT), name="api-manual-limit"),
    path("grid-caps/", GridCapViews.as_view(LIST_AND_CREATE), name="api-grid-caps"),
    path("grid-caps/<int:pk>/", GridCapViews.as_view(ONE_TO_LIFT), name="api-grid-cap"),
    path(
        "sessions/<int:pk>/charge-now/",
        ChargeNowViews.as_view({"post": "create", "delete": "destroy"}),
        name="api-charge-now",
    ),
    path("energy-plans/", PlanViews.as_view(LIST), name="api-energy-plans"),
    path("energy-plans/<int:pk>/", PlanView.as_view({"get": "retrieve"}), name="api-energy-plan"),
]
