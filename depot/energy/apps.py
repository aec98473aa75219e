from django.apps import AppConfig


class EnergyConfig(AppConfig):
    name = "depot.energy"
    label = "energy"
