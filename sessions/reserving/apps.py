from django.apps import AppConfig


class ReservingConfig(AppConfig):
    name = "sessions.reserving"
    label = "reserving"
