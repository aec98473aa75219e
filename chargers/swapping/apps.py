from django.apps import AppConfig


class SwappingConfig(AppConfig):
    name = "chargers.swapping"
    label = "swapping"
