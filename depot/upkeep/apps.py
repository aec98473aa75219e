from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "depot.upkeep"
    label = "depot_upkeep"
