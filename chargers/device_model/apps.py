from django.apps import AppConfig


class DeviceModelConfig(AppConfig):
    name = "chargers.device_model"
    label = "device_model"
    verbose_name = "Device model"
