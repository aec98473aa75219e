from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "depot.demo"
    label = "demo"
