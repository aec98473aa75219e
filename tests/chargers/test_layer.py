"""The channel layer of a process is one, whoever asks for it first."""

import threading
import time

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from chargers import layer


def test_threads_that_ask_at_once_for_the_layer_get_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_layers, "backends", {})
    make_at_once = InMemoryChannelLayer.__init__

    def make_slowly(self: InMemoryChannelLayer, **config: object) -> None:
        time.sleep(0.05)
        make_at_once(self, **config)

    monkeypatch.setattr(InMemoryChannelLayer, "__init__", make_slowly)
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(layer.channel_layer())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 4
    assert len({id(each) for each in seen}) == 1
