"""A list pasted from a spreadsheet, for tests: looked at, imported, taken back."""

from typing import Any

from django.test import Client

from depot.models import Depot
from depot.yard.models import ImportBatch

VEHICLES = "Unit No.\tVIN\tBattery (kWh)\nVan 131\t1FTBW9CK6RKA00131\t89\nVan 132\t\t77,5"


class Paste:
    """One paste, from the text to what came of it."""

    def __init__(self, client: Client, kind: str, text: str, depot: Depot | None = None) -> None:
        self.client, self.kind = client, kind
        data = {"text": text} | ({"depot": depot.pk} if depot else {})
        self.page: Any = client.post(f"/import/{kind}/", data, follow=True)

    @property
    def batch(self) -> ImportBatch:
        return ImportBatch.objects.get()

    @property
    def counts(self) -> dict[str, int]:
        """What the preview shows, without zeros."""
        return {verdict: count for verdict, count in self.page.context["counts"].items() if count}

    def run(self, *, only_good: bool = False) -> Any:
        data = {"digest": self.page.context["digest"], "only_good": str(int(only_good))}
        return self.client.post(f"/import/{self.kind}/{self.batch.pk}/run/", data, follow=True)

    def undo(self) -> Any:
        return self.client.post(f"/import/{self.kind}/{self.batch.pk}/undo/", follow=True)
