from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "depot.energy.delivery"
    label = "delivery"
