from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "depot.access"
    label = "access"
