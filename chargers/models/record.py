"""What was said, as it was said: traces, unread facts, oddities, security events, jobs."""

from django.db import models

from chargers.choices import Direction
from chargers.models.charger import Charger


class TracedCall(models.Model):
    """One CALL with its answer, secrets redacted. Kept TRACE_KEPT_DAYS days. `at` is business time, delays are real."""

    charger = models.ForeignKey(Charger, models.CASCADE, db_constraint=False, related_name="+")
    at = models.DateTimeField()
    direction = models.CharField(max_length=3, choices=Direction)
    action = models.CharField(max_length=60)
    message_id = models.CharField(max_length=64)
    evse_number = models.PositiveSmallIntegerField(null=True)
    request = models.TextField(help_text="JSON")
    answer = models.TextField(blank=True, help_text="JSON; of a CALLERROR [code, description, details]")
    is_error = models.BooleanField(default=False)
    repairs = models.CharField(max_length=300, blank=True)
    delay_ms = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["charger", "-id"], name="trace_of_a_charger")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.direction} {self.action} {self.at}"


class UnreadFact(models.Model):
    """A message about a transaction that was stored and acknowledged, but not yet understood."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="unread_facts")
    protocol = models.CharField(max_length=10)
    action = models.CharField(max_length=60)
    payload = models.JSONField()
    heard_at = models.DateTimeField()
    why = models.TextField(help_text="The error of the last try, or the waiting room")
    tries = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    answered_reference = models.CharField(max_length=36, blank=True, help_text="The transaction id it was given")

    class Meta:
        indexes = [models.Index(fields=["charger", "id"], condition=models.Q(read_at=None), name="facts_unread")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} of {self.charger}: {self.why}"


class Oddity(models.Model):
    """A deviation that was repaired, counted per charger and firmware."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="oddities")
    firmware = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=120)
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    example = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "firmware", "kind"], name="one_count_per_oddity")]
        ordering = ["-last_at"]
        verbose_name_plural = "oddities"

    def __str__(self) -> str:
        return f"{self.kind} x{self.count}"


class SecurityEvent(models.Model):
    charger = models.ForeignKey(Charger, models.CASCADE, related_name="security_events")
    type = models.CharField(max_length=50)
    info = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.type


class Job(models.Model):
    """A firmware update or an upload of logs, as the charger reports its steps."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=12)
    # Ours have 31 bits, but some chargers make up larger ones.
    request_id = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=40)
    steps = models.JSONField(default=list, help_text="[[RFC 3339 moment, status], ...]")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.status}"
