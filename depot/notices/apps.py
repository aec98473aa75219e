from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "depot.notices"
    label = "notices"
