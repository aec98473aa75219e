"""One Chromium for all tests of this folder that a process runs; each has a context, and so cookies, of its own."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import chromium_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from depot.access.models import User
    from tests.live import LiveDepot


@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    from tests.live import open_browser

    program = chromium_program()
    assert program, "mark the test with `browser`"
    with pytest.MonkeyPatch.context() as patch, open_browser(program) as browser:
        # Playwright leaves its own event loop running in this thread, which Django takes for a mistake of ours.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield browser


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page in a headless Chromium; tests that take it are marked `browser`."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def errors(page: "Page") -> Iterator[list[str]]:
    """What the page complains of; a test that has it fails where there was anything."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    yield heard
    assert heard == []


@pytest.fixture
def open_page(page: "Page", live_depot: "LiveDepot", person: "User", errors: list[str]) -> "Callable[..., Page]":
    """`open_page("/energy/")`: signs in as the module's `person`, and goes there."""
    from tests.browser.door import sign_in

    return lambda path="/": sign_in(page, live_depot.url, person.username, path)
