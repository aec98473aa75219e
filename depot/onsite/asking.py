"""The operations over REST: one address each."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from depot.access.idempotency import Caused, caused_once
from depot.api.commands import WAIT, CommandSerializer
from depot.api.operations import AsksCharger
from depot.onsite.operations import OPERATIONS


def operation_view(name: str) -> Any:
    """The view of one operation, with a schema of its own."""
    operation = OPERATIONS[name]

    class OnsiteOperationView(AsksCharger):
        permissions_needed = {"POST": operation.permission}

        @extend_schema(
            operation_id=f"chargers_{name.replace('-', '_')}",
            description=f"{operation.meaning} OCPP 2.1.",
            request=operation.body,
            responses={201: CommandSerializer},
            parameters=[WAIT],
        )
        @caused_once
        def post(self, request: Request, identity: str) -> Caused:
            charger = self.charger_called(request, identity)
            said = operation.body(data=request.data, context={"request": request})
            said.is_valid(raise_exception=True)
            return self.ask(request, charger, operation.command(said.validated_data, charger))

    OnsiteOperationView.__doc__ = operation.meaning
    return OnsiteOperationView.as_view()
