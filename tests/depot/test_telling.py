"""News of what changed: a layer that fails takes no more than the news of that moment."""

import asyncio
from typing import Any

import pytest

from chargers import layer
from depot import live
from tests.polling import until


class FailsOnce:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.tries = 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ConnectionError("away")
        self.sent.append(message)


async def test_news_go_out_again_once_the_layer_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fails_once = FailsOnce()
    monkeypatch.setattr(layer, "channel_layer", lambda: fails_once)
    monkeypatch.setattr(live, "GATHER_S", 0.01)
    layer.take_loop()
    teller = live.Teller()

    teller.gather(live.News({1}))
    await until(lambda: came(fails_once.tries == 1))
    teller.gather(live.News({2}))
    await until(lambda: came(bool(fails_once.sent)))

    assert [message["chargers"] for message in fails_once.sent] == [[2]]


async def came(what: bool) -> bool:
    return what


def test_news_go_by_the_next_loop_when_one_ends_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[list[int]] = []

    class Layer:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            sent.append(message["chargers"])

    monkeypatch.setattr(layer, "channel_layer", Layer)
    teller = live.Teller()

    async def tell(charger: int) -> None:
        layer.take_loop()
        teller.gather(live.News({charger}))
        await until(lambda: came([charger] in sent))
        # The loop ends here, while the teller still gathers.

    asyncio.run(tell(1))
    asyncio.run(tell(2))

    assert sent == [[1], [2]]
