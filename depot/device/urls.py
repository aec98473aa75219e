from django.urls import path

from depot.device import views

urlpatterns = [
    path("chargers/<int:charger_id>/monitoring/", views.monitoring, name="charger-monitoring"),
    path("chargers/<int:charger_id>/power/", views.power, name="charger-power"),
    path("chargers/<int:charger_id>/display/", views.display, name="charger-display"),
    *(
        path(f"chargers/<int:charger_id>/ask/{name}/", page, name=f"charger-ask-{name}")
        for name, page in views.ASK_PAGES.items()
    ),
]
