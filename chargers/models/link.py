"""Sockets: who holds one, who held one, who was not let in."""

from django.db import models

from chargers.choices import Protocol, Refusal
from chargers.models.charger import Charger


class Gateway(models.Model):
    """A process that holds sockets of chargers; alive as long as it renews its lease."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    renewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Connection(models.Model):
    """One socket of one charger, from open to close: the truth about who is online.

    Times are real time, not business time. Kept 90 days after it closed.
    """

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="connections")
    gateway = models.ForeignKey(Gateway, models.PROTECT)
    channel = models.CharField(max_length=120)
    protocol = models.CharField(max_length=10, choices=Protocol)
    address = models.CharField(max_length=60, blank=True)
    authenticated = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    last_frame_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=120, blank=True)
    booted = models.BooleanField(default=False, help_text="It has sent a BootNotification on this socket")
    greeted_at = models.DateTimeField(null=True, blank=True, help_text="When we had asked it what we ask on connect")

    class Meta:
        indexes = [
            models.Index(fields=["charger", "-id"], name="connections_of_a_charger"),
            models.Index(fields=["gateway"], condition=models.Q(closed_at=None), name="open_connections"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.charger} since {self.opened_at:%Y-%m-%d %H:%M:%S}"


class RefusedHandshake(models.Model):
    """A charger that was not let in, and why. Kept 30 days."""

    identity = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=60)
    path = models.CharField(max_length=300)
    offered = models.CharField(max_length=200, blank=True, help_text="Subprotocols")
    reason = models.CharField(max_length=20, choices=Refusal)
    detail = models.CharField(max_length=200, blank=True, help_text="More of the reason, in words")
    answered_with = models.PositiveSmallIntegerField(help_text="HTTP status, or WebSocket close code")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at"]), models.Index(fields=["identity", "-at"])]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.identity or self.path}: {self.reason}"
