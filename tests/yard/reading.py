"""Reading a page as a person does: its words, its fields, what it says after an act."""

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from depot.access.models import User

BLOCKS = {
    "p", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "dt", "dd", "option", "label", "div", "section", "br", "a",
    "code", "button",
}  # fmt: skip
SILENT = {"script", "style", "svg", "symbol"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def words(response: Any) -> str:
    """What the main part of a page says, blanks folded, one block to a line."""
    html = response.content.decode()
    found = re.search(r"<main.*?</main>", html, re.DOTALL)
    reader = _Words()
    reader.feed(found[0] if found else html)
    lines = (re.sub(r"[\s\u00a0]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def rows(response: Any, prefix: str) -> list[str]:
    """The words of each table row whose id begins with `prefix`."""
    html = response.content.decode()
    found = re.findall(rf'<tr id="{prefix}-[^"]*".*?</tr>', html, re.DOTALL)
    said = []
    for row in found:
        reader = _Words()
        reader.feed(row)
        said.append(re.sub(r"[\s\u00a0]+", " ", "".join(reader.parts)).strip())
    return said


def flash(response: Any) -> str:
    """What the page says came of the last act; redirects are followed by the test's client."""
    return " ".join(str(message) for message in response.context["messages"]) if response.context else ""


def post(client: Client, address: str, **data: Any) -> Any:
    return client.post(address, data, follow=True)


def signed_in(user: User) -> Client:
    """The browser of `user`."""
    client = Client()
    client.force_login(user)
    return client
