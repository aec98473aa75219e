"""One row per charger: which sets of charging profiles it may hold."""

from django.db import models

from chargers.models import Charger


class Holding(models.Model):
    """Written in the transaction of the fact that changes it. A charger without a row was never sent a profile."""

    charger = models.OneToOneField(Charger, models.CASCADE, related_name="holding")
    possible = models.JSONField(help_text="chargers.held.possible.Possible")
    offline_since = models.DateTimeField(null=True, blank=True, help_text="Business time")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Profiles of {self.charger}"
