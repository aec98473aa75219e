from django.urls import path

from depot.onsite import views

urlpatterns = [
    path("chargers/<int:charger_id>/onsite/", views.onsite, name="charger-onsite"),
    path("chargers/<int:charger_id>/onsite/ask/", views.ask_operation, name="charger-onsite-ask"),
]
