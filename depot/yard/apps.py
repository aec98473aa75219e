from django.apps import AppConfig


class YardConfig(AppConfig):
    name = "depot.yard"
    label = "yard"
