from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "chargers.streams"
    label = "streams"
