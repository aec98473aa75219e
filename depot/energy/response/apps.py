from django.apps import AppConfig


class ResponseConfig(AppConfig):
    name = "depot.energy.response"
    label = "response"
