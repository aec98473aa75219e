"""JSON bodies: bounded in size and depth, and holding only what a database can keep."""

import codecs
import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from depot.access.problem import Problem

MAX_BYTES = 1024 * 1024


class BoundedJSONParser(JSONParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise Problem("too-large", f"A body holds at most {MAX_BYTES} bytes.")
        try:
            said = super().parse(io.BytesIO(body), media_type, dict(parser_context or {}))
            refuse_unstorable(said)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except (UnicodeError, LookupError) as error:
            raise ParseError(f"JSON parse error - {error}") from error
        return said


def refuse_unstorable(said: Any) -> None:
    """NUL, and halves of surrogate pairs: valid JSON that neither database stores."""
    if isinstance(said, str):
        if "\x00" in said:
            raise ParseError("JSON parse error - a string holds the character NUL")
        try:
            codecs.encode(said, "utf-8")
        except UnicodeEncodeError:
            raise ParseError("JSON parse error - a string holds half of a surrogate pair") from None
    elif isinstance(said, dict):
        for name, inner in said.items():
            refuse_unstorable(name)
            refuse_unstorable(inner)
    elif isinstance(said, list):
        for inner in said:
            refuse_unstorable(inner)
