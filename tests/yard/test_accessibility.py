"""Rules that every page of the yard keeps: labels, ids, headings, a title, and sense without a script."""

import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from django.test import Client

from billing.services import Terms, make_tariff
from chargers.choices import Refusal, Standing
from chargers.models import Charger, RefusedHandshake, SettingValue, TracedCall
from depot.models import Bay, Depot
from depot.yard.models import ImportBatch
from sessions.models import IdToken
from tests.board.pages import Page
from tests.factories import THURSDAY, make_charger, make_command, make_session, make_vehicle

pytestmark = pytest.mark.django_db
PERIOD = {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.1", "months": [1]}


@pytest.fixture
def addresses(depot: Depot, bay: Bay, charger: Charger, browser: Client) -> list[str]:
    """Each page of the yard, with something on it."""
    van = make_vehicle("Van 131")
    make_session(bay, van)
    token = IdToken.objects.create(value="04A2", key="04a2", vehicle=van, created_at=THURSDAY)
    make_command(charger, "reset")
    row = SettingValue.objects.create(charger=charger, variable="HeartbeatInterval", value="300", reported_at=THURSDAY)
    call = TracedCall.objects.create(
        charger=charger, at=THURSDAY, direction="in", action="BootNotification", message_id="1", request="{}",
        answer='{"status":"Accepted"}',
    )  # fmt: skip
    stranger = make_charger("STRANGER", standing=Standing.WAITING)
    make_charger("REFUSED", standing=Standing.REFUSED)
    RefusedHandshake.objects.create(
        identity=charger.identity, address="10.0.0.1", path="/ocpp/CP-A07", reason=Refusal.WRONG_PASSWORD,
        answered_with=401, at=datetime.now(UTC),
    )  # fmt: skip
    terms = Terms(currency="EUR", price_per_kwh=Decimal("0.3"), periods=[PERIOD])
    tariff = make_tariff("Site price", terms, now=THURSDAY)
    browser.post("/import/vehicles/", {"text": "unit;battery\nVan 131;89\nVan 132;\n;1"})
    here = f"/chargers/{charger.pk}"
    return [
        "/chargers/", f"{here}/", f"{here}/edit/", f"{here}/delete/", f"{here}/connect/", "/chargers/add/",
        f"{here}/messages/?message={call.pk}", f"{here}/commands/", f"{here}/commands/{charger.commands.get().pk}/",
        f"{here}/configuration/?set={row.pk}", "/waiting-room/", "/waiting-room/handshakes/",
        f"/waiting-room/{stranger.pk}/adopt/", "/vehicles/", f"/vehicles/{van.pk}/", f"/vehicles/{van.pk}/edit/",
        "/tokens/", f"/tokens/{token.pk}/", "/tokens/add/", "/bays/", f"/bays/{bay.pk}/edit/", "/depots/",
        f"/depots/{depot.pk}/", "/tariffs/", f"/tariffs/{tariff.pk}/", f"/tariffs/{tariff.pk}/change/",
        "/import/vehicles/", f"/import/vehicles/{ImportBatch.objects.get().pk}/",
    ]  # fmt: skip


@pytest.fixture
def pages(browser: Client, addresses: list[str]) -> dict[str, Page]:
    return {address: Page(browser.get(address).content.decode()) for address in addresses}


def test_every_id_is_there_once(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
        assert {name for name, times in ids.items() if times > 1} == set(), address


def test_every_control_has_a_name(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        labelled = {label.attributes.get("for") for label in page.all("label")}
        for element in page.elements:
            if element.tag in ("input", "select", "textarea") and element.attributes.get("type") != "hidden":
                assert (
                    element.attributes.get("id") in labelled
                    or element.within("label")
                    or element.attributes.get("aria-label")
                ), (address, element)
            if element.tag in ("button", "a", "summary"):
                assert element.text or element.attributes.get("aria-label"), (address, element)


def test_what_describes_a_control_is_there(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        ids = {element.attributes.get("id") for element in page.elements}
        for element in page.elements:
            for name in ("aria-describedby", "aria-labelledby", "aria-controls", "form"):
                assert set(element.attributes.get(name, "").split()) <= ids, (address, element)


def test_every_drawing_is_named_or_hidden_and_every_table_names_its_columns(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        for drawing in page.all("svg"):
            assert "aria-hidden" in drawing.attributes or drawing.attributes.get("aria-label"), (address, drawing)
        for head in page.all("th"):
            assert head.attributes.get("scope"), (address, head.text)


def test_headings_begin_with_one_and_skip_no_level(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        levels = [
            int(element.tag[1])
            for element in page.elements
            if re.fullmatch("h[1-6]", element.tag) and not element.within("dialog")
        ]
        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), (address, levels)


def test_the_title_says_the_place_first(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        title = page.all("title")[0].text
        assert title.endswith(" · Northgate"), address
        assert title != " · Northgate", address


def test_every_act_is_a_form_that_posts_with_its_token(pages: dict[str, Page]) -> None:
    """Without a script everything can be done: no button waits for one."""
    for address, page in pages.items():
        for element in page.all("button"):
            if element.attributes.get("type") == "button":
                assert "js-only" in (element.attributes.get("class") or "").split() or element.within("dialog"), (
                    address, element,
                )  # fmt: skip
                continue
            assert element.within("form") or element.attributes.get("form"), (address, element)


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(browser: Client, addresses: list[str]) -> None:
    for address in addresses:
        html = browser.get(address).content.decode()
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', html), address
        assert not re.findall(r"<script(?![^>]*\bsrc=)", html), address
        assert not re.findall(r'\s(?:style|on\w+)="', re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)), address
