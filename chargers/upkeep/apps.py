from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "chargers.upkeep"
    label = "upkeep"
