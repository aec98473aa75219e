from django.apps import AppConfig


class EnergyPagesConfig(AppConfig):
    name = "depot.energy.pages"
    label = "energy_pages"
