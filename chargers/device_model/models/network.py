"""Ways to reach its server that a charger keeps."""

from django.db import models

from chargers.models import Charger


class NetworkSlot(models.Model):
    """A network profile that the charger took; which of them it uses is its NetworkConfigurationPriority's to say."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="network_slots")
    slot = models.PositiveIntegerField()
    url = models.CharField(max_length=2000)
    security_profile = models.PositiveSmallIntegerField()
    interface = models.CharField(max_length=12)
    version = models.CharField(max_length=8, blank=True)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "slot"], name="one_profile_per_slot")]
        ordering = ["slot"]

    def __str__(self) -> str:
        return f"slot {self.slot}: {self.url}"
