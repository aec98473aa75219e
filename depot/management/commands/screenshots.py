"""`manage.py screenshots`: the README's pictures, taken of a demo depot that is started for it and thrown away."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
SIZES = {1440: 900, 390: 844}
THEMES = ("light", "dark")
UP_WITHIN_S = 120
# The evening's vehicles have to come home first; the demo's clock makes minutes of it.
CHARGING_AT_LEAST = 18
BUSY_WITHIN_S = 420
FAST, USUAL = "×300", "×30"


class Command(BaseCommand):
    help = "Take the README's pictures of a demo depot"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.BASE_DIR / "docs" / "pictures")
        parser.add_argument("--chromium", default=os.environ.get("CHROMIUM"), help="where the browser is")

    def handle(self, *args: Any, to: Path, chromium: str | None, **options: Any) -> None:
        program = chromium or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
        if program is None:
            raise CommandError("There is no Chromium here: install one, or name it with --chromium")
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="depot-pictures-") as var, demo_depot(var) as (url, user, password):
            self.stdout.write(f"The demo runs at {url}")
            for picture in Photographer(program, url, to).take_all(user, password):
                self.stdout.write(f"{picture.stat().st_size / 1024:6.0f} kB  {picture}")


@contextmanager
def demo_depot(var: str) -> Iterator[tuple[str, str, str]]:
    """A depot of its own with its yard: address, user, password."""
    keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "CREDENTIAL_KEY")}
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment = {**inherited, **keys, "DEPOT_VAR": var, "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "ERROR"}
    manage = [sys.executable, "manage.py"]
    for preparing in (["migrate", "-v", "0"], ["collectstatic", "--noinput", "-v", "0"]):
        subprocess.run([*manage, *preparing], cwd=settings.BASE_DIR, env=environment, check=True)
    log = Path(var, "log")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*manage, "rundepot", "--demo", "--port", "8400"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield what_it_says(process, log)
    finally:
        process.terminate()
        process.wait()


def what_it_says(process: "subprocess.Popen[bytes]", log: Path) -> tuple[str, str, str]:
    deadline = time.monotonic() + UP_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        said = log.read_text()
        found = re.search(r"(http://\S+)\s+User +(\S+)\s+Password +(\S+)", said)
        if found:
            return found[1], found[2], found[3]
        time.sleep(0.5)
    raise CommandError(f"The demo did not start:\n{log.read_text()}")


class Photographer:
    def __init__(self, program: str, url: str, to: Path) -> None:
        self.program, self.url, self.to = program, url, to

    def take_all(self, user: str, password: str) -> Iterator[Path]:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            raise CommandError("Playwright is not installed: python3 run.py install test") from None

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=self.program, args=CHROMIUM_OPTIONS)
            page = browser.new_page()
            self.sign_in(page, user, password)
            self.wait_for_the_evening(page)
            signed_in = page.context.storage_state()
            session = self.largest_session(page)
            places = {"board": "/", "readiness": "/readiness/", "energy": "/energy/", "session": session}
            places["charger"] = self.charger_of(page, session)
            for theme in THEMES:
                for width, height in SIZES.items():
                    context = browser.new_context(
                        storage_state=signed_in,
                        color_scheme=theme,  # type: ignore[arg-type, unused-ignore]
                        viewport={"width": width, "height": height},
                    )
                    page = context.new_page()
                    for name, path in places.items():
                        page.goto(self.url + path, wait_until="networkidle")
                        picture = self.to / f"{name}-{width}-{theme}.png"
                        page.screenshot(path=picture)
                        yield picture
                    context.close()
            browser.close()

    def sign_in(self, page: Any, user: str, password: str) -> None:
        page.goto(f"{self.url}/sign-in/")
        page.fill("[name=username]", user)
        page.fill("[name=password]", password)
        page.click("form.form button.primary")
        page.wait_for_url(f"{self.url}/")

    def wait_for_the_evening(self, page: Any) -> None:
        deadline = time.monotonic() + BUSY_WITHIN_S
        while not self.can_set_pace(page):
            # The page shows the demo's controls once the yard runs.
            if time.monotonic() > deadline:
                raise CommandError(f"After {BUSY_WITHIN_S} s the yard has not started")
            page.wait_for_timeout(1000)
            page.reload()
        self.set_pace(page, FAST)
        count = "Number((document.body.innerText.match(/Charging\\s+(\\d+)/) || [0, 0])[1])"
        while page.evaluate(count) < CHARGING_AT_LEAST:
            if time.monotonic() > deadline:
                raise CommandError(f"After {BUSY_WITHIN_S} s the board still shows too little to be worth a picture")
            page.wait_for_timeout(1000)
        self.set_pace(page, USUAL)
        # So that what was heard at the fast pace has been answered, and the figures are one moment's.
        page.wait_for_timeout(10_000)

    def can_set_pace(self, page: Any) -> bool:
        return bool(page.get_by_role("button", name=FAST, exact=True).count())

    def set_pace(self, page: Any, pace: str) -> None:
        page.get_by_role("button", name=pace, exact=True).click()
        page.wait_for_load_state("networkidle")

    def largest_session(self, page: Any) -> str:
        """The one of the list that took most: its curve is worth looking at."""
        page.goto(f"{self.url}/sessions/")
        rows = page.eval_on_selector_all(
            "tr:has(a[href])", "rows => rows.map(row => [row.innerText, row.querySelector('a').getAttribute('href')])"
        )
        by_energy = [
            (float(energy[1]), path)
            for text, path in rows
            if re.fullmatch(r"/sessions/\d+/", path) and (energy := re.search(r"([\d.]+)\s*kWh", text))
        ]
        if not by_energy:
            raise CommandError("The page of sessions shows none")
        return str(max(by_energy)[1])

    def charger_of(self, page: Any, session: str) -> str:
        page.goto(self.url + session)
        paths = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        return str(next(path for path in paths if re.fullmatch(r"/chargers/\d+/", path)))
