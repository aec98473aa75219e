from django.apps import AppConfig


class OnsiteConfig(AppConfig):
    name = "billing.onsite"
    label = "onsite"
