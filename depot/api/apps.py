from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "depot.api"
    label = "api"
