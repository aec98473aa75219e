"""A bad setting stops the start and is named."""

import re
import runpy
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).resolve().parent.parent / "depot" / "settings.py"
SOURCE = SETTINGS.read_text()
# Read off the file, so that a new setting is tried without anyone thinking of it.
NUMBERS = re.findall(r'positive\("(\w+)"', SOURCE)
SWITCHES = re.findall(r'switch\("(\w+)"', SOURCE)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A good one, of a fresh install."""
    for name in re.findall(r'(?:setting|positive|choice|switch)\("(\w+)"', SOURCE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEPOT_VAR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", secrets.token_urlsafe(48))
    monkeypatch.setenv("CREDENTIAL_KEY", secrets.token_urlsafe(48))
    return monkeypatch


def load() -> dict[str, Any]:
    return runpy.run_path(str(SETTINGS))


def test_a_fresh_install_is_embedded(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load()

    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "depot.sqlite3")
    assert settings["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert settings["CELERY_BROKER_URL"].startswith("memory://")


def test_the_embedded_database_waits_for_the_disk(environment: pytest.MonkeyPatch) -> None:
    options = load()["DATABASES"]["default"]["OPTIONS"]

    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=WAL" in options["init_command"]


def test_production_is_two_addresses(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgres://depot:word@db.example:5433/yard")
    environment.setenv("REDIS_URL", "redis://cache.example:6379/0")

    settings = load()

    assert settings["DATABASES"]["default"]["HOST"] == "db.example"
    assert settings["DATABASES"]["default"]["PORT"] == 5433
    assert settings["CELERY_BROKER_URL"] == "redis://cache.example:6379/0"
    assert "PubSub" in settings["CHANNEL_LAYERS"]["default"]["BACKEND"]


def test_keys_of_this_install_are_read_from_its_own_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = secrets.token_urlsafe(48)
    environment.delenv("SECRET_KEY")
    (tmp_path / "secret.env").write_text(f"SECRET_KEY={key}\n")

    settings = load()

    assert settings["SECRET_KEY"] == key


def test_the_environment_wins_over_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = secrets.token_urlsafe(48)
    environment.setenv("SECRET_KEY", key)
    (tmp_path / "secret.env").write_text(f"SECRET_KEY={secrets.token_urlsafe(48)}\n")

    settings = load()

    assert settings["SECRET_KEY"] == key


@pytest.mark.filterwarnings("ignore:Engine not recognized")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("CREDENTIAL_KEY", "short"),
        ("DATABASE_URL", "mysql://root@localhost/depot"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "http://localhost"),
        ("LOG_LEVEL", "LOUD"),
        *((name, "0") for name in NUMBERS),
        *((name, "-3") for name in NUMBERS),
        *((name, "many") for name in NUMBERS),
        *((name, "perhaps") for name in SWITCHES),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=name):
        load()


@pytest.mark.parametrize(("value", "is_on"), [("true", True), ("YES", True), ("0", False), ("", False), ("Off", False)])
def test_a_switch_is_a_word_or_a_digit(environment: pytest.MonkeyPatch, value: str, is_on: bool) -> None:
    environment.setenv("WAITING_ROOM_OPEN", value)

    settings = load()

    assert settings["WAITING_ROOM_OPEN"] is is_on


@pytest.mark.parametrize("name", ["SECRET_KEY", "CREDENTIAL_KEY"])
def test_a_missing_key_stops_the_start_and_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)

    with pytest.raises(ImproperlyConfigured, match=name):
        load()
