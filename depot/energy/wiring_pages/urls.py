from django.urls import path

from depot.energy.wiring_pages import meter_views, tariff_views, views

urlpatterns = [
    path("wiring/", views.wiring, name="wiring"),
    path("wiring/circuits/add/", views.add_circuit, name="circuit-add"),
    path("wiring/circuits/<int:circuit_id>/", views.change_circuit, name="circuit"),
    path("wiring/circuits/<int:circuit_id>/delete/", views.delete_circuit, name="circuit-delete"),
    path("wiring/evses/<int:evse_id>/", views.wire_evse, name="evse-wiring"),
    path("wiring/evses/<int:evse_id>/remove/", views.unwire_evse, name="evse-unwire"),
    path("wiring/meters/", meter_views.meters, name="meters"),
    path("wiring/meters/add/", meter_views.add_meter, name="meter-add"),
    path("wiring/meters/<int:meter_id>/", meter_views.change_meter, name="meter"),
    path("wiring/meters/<int:meter_id>/delete/", meter_views.delete_meter, name="meter-delete"),
    path("wiring/tariffs/", tariff_views.site_tariffs, name="site-tariffs"),
    path("wiring/tariffs/add/", tariff_views.add_tariff, name="site-tariff-add"),
    path("wiring/tariffs/<int:site_tariff_id>/", tariff_views.change_tariff, name="site-tariff"),
    path("wiring/tariffs/<int:site_tariff_id>/delete/", tariff_views.delete_tariff, name="site-tariff-delete"),
    path("wiring/settings/", views.energy_settings, name="energy-settings"),
]
