from django.urls import path

from depot.energy.delivery import views

urlpatterns = [
    path("chargers/<int:charger_id>/clear-profiles/", views.clear_profiles, name="charger-clear-profiles"),
    path("chargers/<int:charger_id>/prove-restart/", views.prove, name="charger-prove-restart"),
]
