from django.urls import path

from depot.energy.response import pages

urlpatterns = [
    path("energy/caps/", pages.caps, name="energy-caps"),
    path("energy/caps/<int:cap_id>/lift/", pages.lift_cap, name="energy-cap-lift"),
]
