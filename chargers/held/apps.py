from django.apps import AppConfig


class HeldConfig(AppConfig):
    name = "chargers.held"
    label = "held"
