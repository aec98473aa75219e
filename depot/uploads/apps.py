from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "depot.uploads"
    label = "uploads"
