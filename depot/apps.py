import importlib.util

from django.apps import AppConfig


class DepotConfig(AppConfig):
    name = "depot"
    label = "depot"

    def ready(self) -> None:
        # The one port that the ground floor opens upward is filled here, so server, worker and shell all have it.
        spec = importlib.util.find_spec("sessions.services")
        if spec is None or spec.origin is None:
            return
        from chargers import inbox as port
        from depot import inbox

        port.install(inbox.Inbox())
