"""Rules that every page keeps: labels, ids, headings, and colours that can be read."""

import gzip
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from chargers.choices import ConnectorStatus
from depot.access.models import User
from depot.board.streams import streams_within_reach
from depot.models import Depot
from tests.board.pages import Element, Page
from tests.factories import THURSDAY, make_bay, make_reading, make_session, make_vehicle, set_status

CSS = Path(settings.BASE_DIR, "static", "app.css").read_text()


@pytest.fixture
def addresses(depot: Depot) -> list[str]:
    """Each page of the board's room, with something on it."""
    bay = make_bay(depot, "A05")
    session = make_session(bay, make_vehicle(), soc_percent=40.0)
    set_status(bay, ConnectorStatus.CHARGING)
    make_reading(session, THURSDAY, energy_wh=1_000, power_w=7_000)
    waiting = make_bay(depot, "A06")
    set_status(waiting, ConnectorStatus.PREPARING)
    return [
        "/",
        f"/board/bay-{bay.pk}/",
        f"/evses/{waiting.evse_id}/start/",
        "/sessions/",
        f"/sessions/{session.pk}/",
        "/emergency/",
    ]


@pytest.fixture
def pages(browser: Client, addresses: list[str]) -> list[Page]:
    return [Page(browser.get(address).content.decode()) for address in addresses]


def test_every_id_is_there_once(pages: list[Page]) -> None:
    for page in pages:
        ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
        assert {name for name, times in ids.items() if times > 1} == set()


def test_every_control_has_a_name(pages: list[Page]) -> None:
    for page in pages:
        labelled = {label.attributes.get("for") for label in page.all("label")}
        for element in page.elements:
            if element.tag in ("input", "select", "textarea") and element.attributes.get("type") != "hidden":
                assert (
                    element.attributes.get("id") in labelled
                    or element.within("label")
                    or element.attributes.get("aria-label")
                ), element
            if element.tag in ("button", "a", "summary"):
                assert element.text or element.attributes.get("aria-label"), element


def test_headings_begin_with_one_and_skip_no_level(pages: list[Page]) -> None:
    for page in pages:
        levels = [
            int(element.tag[1])
            for element in page.elements
            if re.fullmatch("h[1-6]", element.tag) and not element.within("dialog")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_title_says_the_place_first(pages: list[Page]) -> None:
    titles = [page.all("title")[0].text for page in pages]

    assert titles == [
        "Board · Northgate",
        "A05 · Northgate",
        "Start at A06 · Northgate",
        "Sessions · Northgate",
        titles[4],
        "Site to minimum · Northgate",
    ]
    assert titles[4].startswith("Van ")


def test_what_refers_to_an_element_finds_it(pages: list[Page]) -> None:
    for page in pages:
        for element in page.elements:
            for name in ("aria-labelledby", "aria-controls", "aria-describedby", "form", "list"):
                for wanted in element.attributes.get(name, "").split():
                    assert page.has(wanted), f"{element.tag} {name}={wanted}"


def test_every_drawing_is_named_or_hidden(pages: list[Page]) -> None:
    for page in pages:
        for drawing in page.all("svg"):
            assert "aria-hidden" in drawing.attributes or drawing.attributes.get("aria-label"), drawing


def test_every_table_names_its_columns(pages: list[Page]) -> None:
    for page in pages:
        for head in page.all("th"):
            assert head.attributes.get("scope"), head.text


def test_what_a_page_listens_to_is_told_to_it(pages: list[Page], admin: User) -> None:
    wanted = {
        name for page in pages for element in page.elements for name in element.attributes.get("data-live", "").split()
    }

    assert {str(stream) for stream in streams_within_reach(admin, sorted(wanted))} == wanted
    assert wanted


def test_content_can_be_skipped_to(pages: list[Page]) -> None:
    for page in pages:
        first: Element = page.all("a")[0]
        assert (first.attributes["href"], page.has("main")) == ("#main", True)


# Colours, read from the style sheet's own tokens: light first, dark second.
TOKENS = {
    name: (light, dark) for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
}
GROUNDS = ("bg", "surface", "sunken")
# Text 4.5, shapes and the borders of controls 3: WCAG 2.1 AA.
TEXT = [
    *[(text, ground) for text in ("text", "muted") for ground in (*GROUNDS, "accent-soft")],
    *[(text, ground) for text in ("accent", "warn", "bad") for ground in ("bg", "surface")],
    ("on-accent", "accent"),
    ("accent", "accent-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bg", "bad"),
    ("warn", "accent-soft"),
    ("bad", "accent-soft"),
]
SHAPES = [
    *[(shape, ground) for shape in ("charging", "hold", "done", "warn", "bad", "edge") for ground in ("bg", "surface")],
    *[(area, "surface") for area in ("area-1", "area-2", "area-3", "area-4")],
    ("charging", "accent-soft"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("light", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), TEXT, ids=lambda name: name)
def test_text_can_be_read(front: str, ground: str, light: int) -> None:
    assert contrast(TOKENS[front][light], TOKENS[ground][light]) >= 4.5


@pytest.mark.parametrize("light", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), SHAPES, ids=lambda name: name)
def test_shapes_and_borders_can_be_told_apart(front: str, ground: str, light: int) -> None:
    assert contrast(TOKENS[front][light], TOKENS[ground][light]) >= 3


def test_every_colour_is_a_token() -> None:
    after_the_tokens = CSS[CSS.index("@layer base {") :]

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", after_the_tokens) == []


def test_every_shape_has_an_outline_of_its_own() -> None:
    sprite = Path(settings.BASE_DIR, "templates", "_icons.svg").read_text()
    outlines = dict(re.findall(r'<symbol id="i-(\w+)"[^>]*>(.*?)</symbol>', sprite))
    shapes = ["free", "card", "hold", "charging", "carpause", "full", "replug", "reserved", "off", "fault", "gone"]

    assert len({outlines[shape] for shape in shapes}) == len(shapes)


def test_the_first_page_is_light_on_the_line(browser: Client, addresses: list[str]) -> None:
    page = browser.get("/").content
    files = ["app.css", "page.js", "live.js", "board.js", "icon.svg", "django_htmx/htmx-2.min.js"]
    total = len(gzip.compress(page)) + sum(
        len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in files
    )

    assert total <= 60_000
