"""What a version of OCPP has no word for yet: a limit that would be lost in saying it is rather not said at all."""

import dataclasses
from typing import Any

from chargers.ocpp.dialect import CommandNotSpoken

VERSIONS = ("1.6", "2.0.1", "2.1")


def refuse_newer(value: Any, version: str) -> None:
    """Raises CommandNotSpoken where a field that a later version brought is in use, here or in what this holds."""
    for held in dataclasses.fields(value):
        inner = getattr(value, held.name)
        if inner == held.default:
            continue
        since = held.metadata.get("since", VERSIONS[0])
        if VERSIONS.index(since) > VERSIONS.index(version):
            raise CommandNotSpoken(f"OCPP {version} has no word for {held.name} = {inner}")
        for each in inner if isinstance(inner, tuple) else (inner,):
            if dataclasses.is_dataclass(each):
                refuse_newer(each, version)
