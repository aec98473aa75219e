from django.apps import AppConfig


class ChargingSessionsConfig(AppConfig):
    name = "sessions"
    label = "charging_sessions"  # Django's own `sessions` has the other name
    verbose_name = "Charging sessions"
