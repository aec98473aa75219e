"""Messages on a charger's display."""

from django.db import models

from chargers.models import Charger


class MessageStanding(models.TextChoices):
    TAKEN = "taken", "Taken by the charger"
    REPORTED = "reported", "Reported by the charger"


class DisplayMessage(models.Model):
    """A message that the charger has, by the number that whoever wrote it gave it; gone from here when gone there."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="display_messages")
    number = models.BigIntegerField()
    priority = models.CharField(max_length=12)
    text = models.TextField()
    format = models.CharField(max_length=10, default="UTF8")
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=12, blank=True, help_text="While the charger is so, it is shown")
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=36, blank=True, help_text="Transaction with whose end it goes")
    place = models.CharField(max_length=50, blank=True, help_text="Component that shows it")
    standing = models.CharField(max_length=10, choices=MessageStanding)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "number"], name="one_message_per_number")]
        ordering = ["number"]

    def __str__(self) -> str:
        return self.text[:60]
