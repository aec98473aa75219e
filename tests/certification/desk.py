"""The operator's side of a case: asks over REST as a person does by a form, and reads REST and pages."""

from typing import Any

from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chargers.models import IssuedCommand
from depot.access.models import User
from tests.polling import until
from tests.wire import Payload
from tests.yard.reading import words


class Desk:
    def __init__(self, client: APIClient, user: User, identity: str, charger_id: int) -> None:
        self.client, self.user, self.identity, self.charger_id = client, user, identity, charger_id

    async def post(self, path: str, body: Payload | None = None, *, status: int = 201) -> Any:
        response = await sync_to_async(self.client.post)(f"/api/v1/{path}", body or {}, format="json")
        assert response.status_code == status, response.content
        return response.json()

    async def get(self, path: str) -> Any:
        response = await sync_to_async(self.client.get)(f"/api/v1/{path}")
        assert response.status_code == 200, response.content
        return response.json()

    async def tell(self, operation: str, body: Payload | None = None) -> Payload:
        """The command as it stands when it was asked for; nobody waits for the charger."""
        told: Payload = await self.post(f"chargers/{self.identity}/{operation}/", body)
        return told

    async def ask(self, operation: str, body: Payload | None = None) -> Payload:
        """The command over REST, once the charger's answer is kept."""
        return await self.answered(await self.tell(operation, body))

    async def call(self, action: str, payload: Payload) -> Payload:
        """What no typed operation says, through the form that is made of the call's schema."""
        return await self.ask(f"calls/{action}", payload)

    async def answered(self, command: Payload) -> Payload:
        async def is_kept() -> bool:
            return await IssuedCommand.objects.filter(pk=command["id"], answered_at__isnull=False).aexists()

        await until(is_kept)
        return await self.command(command)

    async def command(self, command: Payload) -> Payload:
        told: Payload = await self.get(f"commands/{command['id']}/")
        return told

    async def effect(self, command: Payload, wanted: str = "seen") -> Payload:
        """The command once its effect is `wanted`."""

        async def is_so() -> bool:
            return await IssuedCommand.objects.filter(pk=command["id"], effect=wanted).aexists()

        await until(is_so)
        return await self.command(command)

    async def rows(self, name: str) -> list[Payload]:
        """What the charger reported, at an address of its own: `monitors`, `reports`, `settings`, ..."""
        told: list[Payload] = (await self.get(f"chargers/{self.identity}/{name}/"))["results"]
        return told

    async def connector(self, evse: int = 1) -> str:
        """The status of an EVSE's connector as shown."""
        shown = (await self.get(f"connectors/?charger={self.identity}"))["results"]
        found: str = next(row["status"] for row in shown if row["evse_number"] == evse)
        return found

    async def page(self, tab: str = "") -> str:
        """The words of one of the charger's pages."""
        response = await sync_to_async(self.client.get)(f"/chargers/{self.charger_id}/{tab}")
        assert response.status_code == 200, response
        return words(response)
