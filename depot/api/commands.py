"""Commands: what was asked of a charger, and what came of it."""

import threading
import time
from typing import Any

from django.db import connection
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from chargers.choices import CommandState, EffectState
from chargers.models import IssuedCommand
from chargers.services import cancel_command
from depot.access.audit import note
from depot.access.filters import one_of, text
from depot.access.idempotency import Caused, caused_once
from depot.access.problem import BadParameter, Problem
from depot.api.base import Listed, Retrieved
from depot.api.fields import Row, asker

WAIT_AT_MOST_S = 30.0
LOOK_AGAIN_AFTER_S = (0.05, 0.1, 0.2, 0.4)  # the last one from then on
# Each waiting request holds a thread: beyond this many in one process nobody waits, and asks again instead.
WAITERS_AT_MOST = 32
waiters = threading.BoundedSemaphore(WAITERS_AT_MOST)

ON_ITS_WAY = {
    "sent": {CommandState.REQUESTED},
    "answered": {CommandState.REQUESTED, CommandState.SENT},
}

WAIT = OpenApiParameter(
    "wait",
    str,
    enum=list(ON_ITS_WAY),
    description="Answer only when the command was sent, or answered, or after 30 s, whichever comes first.",
)


class CommandSerializer(Row[IssuedCommand]):
    """Times of asking, sending and answering are real time; `issued_at` and the effect's are the depot's time."""

    charger = serializers.CharField(source="charger.identity", read_only=True)
    issued_by = serializers.CharField(source="issued_by.username", read_only=True, allow_null=True, default=None)
    wording = serializers.SerializerMethodField(help_text="In our words; null for whoever may not see cards.")
    request = serializers.SerializerMethodField(help_text="On the wire; null for whoever may not see cards.")
    response = serializers.SerializerMethodField(help_text="On the wire; null for whoever may not see cards.")
    state = serializers.ChoiceField(choices=CommandState.choices, read_only=True)
    effect = serializers.ChoiceField(
        choices=[(value or "none_expected", label) for value, label in EffectState.choices], read_only=True
    )

    class Meta:
        model = IssuedCommand
        fields = [
            "id", "charger", "kind", "action", "state", "issued_by", "issued_at", "asked_at", "send_before",
            "message_id", "sent_at", "answered_at", "status", "error_code", "error_description",
            "effect", "effect_due_at", "effect_at", "effect_note", "wording", "request", "response",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_wording(self, command: IssuedCommand) -> Any:
        return self._for_card_holders(command.wording)

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_request(self, command: IssuedCommand) -> Any:
        return self._for_card_holders(command.request)

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_response(self, command: IssuedCommand) -> Any:
        return self._for_card_holders(command.response)

    def _for_card_holders(self, payload: Any) -> Any:
        # A start names the token: who may not see cards may not see them here either.
        return payload if asker(self).has_perm("charging_sessions.view_idtoken") else None

    def to_representation(self, instance: IssuedCommand) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        shown["effect"] = instance.effect or "none_expected"
        return shown


class CommandViews(Listed[IssuedCommand], Retrieved[IssuedCommand]):
    """What was asked of chargers, by whom, and what came of it."""

    permissions_needed = {"GET": "chargers.view_issuedcommand", "POST": "chargers.operate_charger"}
    queryset = IssuedCommand.objects.select_related("charger", "issued_by")
    serializer_class = CommandSerializer
    filters = {
        "charger": text("charger__identity__iexact", "Identity of the charger."),
        "state": one_of("state", [state.value for state in CommandState]),
        "kind": text("kind"),
        "action": text("action", "On the wire."),
    }
    ordering = ("-pk",)

    @extend_schema(request=None, responses=CommandSerializer)
    @caused_once
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Take back what was not sent yet."""
        command = self.get_object()
        if not cancel_command(command):
            raise Problem("too-late", "It was sent already.")
        note(request, "took back command", command)
        return Caused(self.shown_anew(command), status=200)


def wanted_wait(request: Request) -> str | None:
    wait = request.query_params.get("wait")
    if wait is not None and wait not in ON_ITS_WAY:
        raise BadParameter("wait", f"one of {', '.join(ON_ITS_WAY)} is expected")
    return wait


def command_issued(view: APIView, request: Request, command: IssuedCommand) -> Caused:
    """201 with the command; with `?wait=` as it stands once that came about."""

    def shown(row: IssuedCommand) -> dict[str, Any]:
        data: dict[str, Any] = CommandSerializer(row, context={"request": request, "view": view}).data
        return data

    wait = wanted_wait(request)
    location = reverse("api-command", kwargs={"pk": command.pk})
    if wait is None:
        return Caused(shown(command), location=location)
    return Caused(shown(command), location=location, then=lambda: shown(command_after(command, wait)))


def command_after(command: IssuedCommand, wait: str) -> IssuedCommand:
    """The command once it was sent or answered, or as it is when the time is up; asks the row again and again."""
    deadline = time.monotonic() + WAIT_AT_MOST_S
    rows = IssuedCommand.objects.select_related("charger", "issued_by").filter(pk=command.pk)
    row = rows.get()
    if not waiters.acquire(blocking=False):
        return row
    try:
        pauses = iter(LOOK_AGAIN_AFTER_S)
        pause = next(pauses)
        while row.state in ON_ITS_WAY[wait] and (left := deadline - time.monotonic()) > 0:
            if connection.vendor == "postgresql" and not connection.in_atomic_block:
                # Whoever waits for a charger leaves the connections to those who have work for them.
                connection.close()
            time.sleep(min(pause, left))
            pause = next(pauses, pause)
            row = rows.get()
    finally:
        waiters.release()
    return row
