from django.apps import AppConfig


class SolarConfig(AppConfig):
    name = "depot.energy.solar"
    label = "solar"
