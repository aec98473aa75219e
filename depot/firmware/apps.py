from django.apps import AppConfig


class FirmwareConfig(AppConfig):
    name = "depot.firmware"
    label = "firmware"
