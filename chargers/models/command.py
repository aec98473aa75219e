"""What we asked of a charger, by whom, and what came of it: the audit of every CALL we send."""

from django.conf import settings
from django.db import models

from chargers.choices import CommandState, EffectState
from chargers.models.charger import Charger


class IssuedCommand(models.Model):
    charger = models.ForeignKey(Charger, models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=30)
    wording = models.JSONField(help_text="The command in our words, secrets redacted")
    sealed = models.BinaryField(null=True, blank=True, help_text="With its secrets, encrypted; gone once settled")
    state = models.CharField(max_length=12, choices=CommandState, default=CommandState.REQUESTED)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField(help_text="Business time")
    asked_at = models.DateTimeField(auto_now_add=True, help_text="Real time")
    send_before = models.DateTimeField(help_text="Real time: later than this it is never sent")
    action = models.CharField(max_length=60, blank=True, help_text="On the wire")
    request = models.JSONField(null=True, blank=True, help_text="On the wire, secrets redacted")
    message_id = models.CharField(max_length=36, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    status = models.CharField(max_length=60, blank=True, help_text="In the charger's word")
    response = models.JSONField(null=True, blank=True, help_text="Secrets redacted")
    error_code = models.CharField(max_length=60, blank=True)
    error_description = models.CharField(max_length=300, blank=True)
    effect = models.CharField(max_length=8, choices=EffectState, default=EffectState.NONE_EXPECTED, blank=True)
    effect_due_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    effect_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    effect_note = models.CharField(max_length=200, blank=True)
    # What the effect is looked for on; which of them is set depends on the kind.
    evse_number = models.PositiveSmallIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=36, blank=True)
    token_key = models.CharField(max_length=255, blank=True)
    remote_start_id = models.IntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["charger", "-id"], name="commands_of_a_charger"),
            models.Index(fields=["state"], condition=models.Q(state__in=["requested", "sent"]), name="commands_open"),
            models.Index(fields=["effect_due_at"], condition=models.Q(effect="awaited"), name="effects_awaited"),
        ]
        ordering = ["-id"]
        permissions = [
            ("operate_charger", "Start, stop, unlock and release"),
            ("engineer_charger", "Reset, configure, change availability and profiles"),
            ("call_raw", "Send any OCPP call"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.charger}: {self.state}"
