from django.apps import AppConfig


class GridConfig(AppConfig):
    name = "chargers.grid"
    label = "grid"
