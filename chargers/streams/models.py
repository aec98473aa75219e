"""A stream of one monitor, and the values that it brought."""

from django.db import models

from chargers.models import Charger


class EventStream(models.Model):
    """Opened by the charger for one of its monitors; its number may come again after it was closed."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="event_streams")
    number = models.PositiveIntegerField()
    monitor_id = models.PositiveIntegerField()
    interval_s = models.PositiveIntegerField(null=True, blank=True, help_text="It flows at least this often")
    values_at_once = models.PositiveIntegerField(null=True, blank=True, help_text="Or when so many have gathered")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    value_count = models.PositiveBigIntegerField(default=0)
    last_value = models.CharField(max_length=2500, blank=True)
    last_value_at = models.DateTimeField(null=True, blank=True, help_text="The charger's time")
    pending = models.PositiveIntegerField(default=0, help_text="Values that the charger still held back")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "number"], name="one_stream_per_number")]
        ordering = ["charger_id", "number"]

    def __str__(self) -> str:
        return f"Stream {self.number} of {self.charger}"


class StreamValue(models.Model):
    """Written by the batch; kept STREAM_VALUES_KEPT_DAYS days."""

    stream = models.ForeignKey(EventStream, models.CASCADE, db_constraint=False, db_index=False, related_name="values")
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()
    value = models.CharField(max_length=2500)

    class Meta:
        indexes = [
            models.Index(fields=["stream", "at"], name="values_of_a_stream"),
            models.Index(fields=["heard_at"], name="stream_values_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.at}: {self.value[:40]}"
