"""An engineer adds an image, plans a campaign, and chargers fetch the file, piece by piece if need be."""

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from depot.access.models import Role
from depot.firmware.models import Campaign, FirmwareImage
from depot.firmware.services import carry_on
from tests.access import actors
from tests.factories import THURSDAY, make_charger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_files_of_the_test")]

FIRMWARE = bytes(range(256)) * 4


@pytest.fixture
def _files_of_the_test(tmp_path: Path, settings: Any) -> None:
    settings.FILES_DIR = str(tmp_path)


@pytest.fixture
def engineer(client: Client) -> Client:
    client.force_login(actors.person(Role.ENGINEER))
    return client


def add_image(client: Client, **said: Any) -> FirmwareImage:
    form = {"vendor": "Acme", "model": "", "version": "2.0", "file": SimpleUploadedFile("../fw 2.bin", FIRMWARE)}
    client.post("/firmware/add/", {**form, **said})
    return FirmwareImage.objects.get()


def read(answer: Any) -> bytes:
    async def gathered() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(gathered)() if answer.streaming else bytes(answer.content)


def test_an_image_is_kept_with_its_sums(engineer: Client) -> None:
    image = add_image(engineer)

    assert (image.size_bytes, image.file_name) == (1024, "fw_2.bin")
    assert len(image.sha256) == 64


def test_a_charger_fetches_the_whole_file(engineer: Client) -> None:
    image = add_image(engineer)

    answer = Client().get(f"/firmware-files/{image.key}/{image.file_name}")

    assert read(answer) == FIRMWARE


@pytest.mark.parametrize(
    ("asked", "piece", "told"),
    [
        ("bytes=1000-", FIRMWARE[1000:], "bytes 1000-1023/1024"),
        ("bytes=0-9", FIRMWARE[:10], "bytes 0-9/1024"),
        ("bytes=-4", FIRMWARE[-4:], "bytes 1020-1023/1024"),
        ("bytes=1020-9999", FIRMWARE[1020:], "bytes 1020-1023/1024"),
    ],
)
def test_a_broken_download_goes_on_where_it_broke(engineer: Client, asked: str, piece: bytes, told: str) -> None:
    image = add_image(engineer)

    answer = Client().get(f"/firmware-files/{image.key}/x", headers={"range": asked})

    assert (answer.status_code, answer["Content-Range"], read(answer)) == (206, told, piece)


def test_a_piece_beyond_the_end_is_refused(engineer: Client) -> None:
    image = add_image(engineer)

    assert Client().get(f"/firmware-files/{image.key}/x", headers={"range": "bytes=1024-"}).status_code == 416


def test_without_the_key_nobody_gets_it(engineer: Client) -> None:
    image = add_image(engineer)

    assert Client().get(f"/firmware-files/{image.key[:-1]}/x").status_code == 404


def test_a_file_and_an_address_at_once_are_refused_in_words(engineer: Client) -> None:
    file = SimpleUploadedFile("a", b"1")
    form = {"vendor": "Acme", "version": "2", "location": "https://acme.example/fw", "file": file}

    answer = engineer.post("/firmware/add/", form)

    assert "one of the two" in answer.content.decode()
    assert not FirmwareImage.objects.exists()


@pytest.mark.parametrize(
    ("location", "is_taken"),
    [
        ("http://app:9/fw.bin", True),
        ("ftp://maker.example/fw", True),
        ("javascript:alert(1)", False),
        ("fw.bin", False),
    ],
)
def test_an_address_is_one_that_chargers_can_fetch_from(engineer: Client, location: str, is_taken: bool) -> None:
    engineer.post("/firmware/add/", {"vendor": "Acme", "version": "2", "location": location})

    assert FirmwareImage.objects.exists() is is_taken


def plan(client: Client, image: FirmwareImage, *chargers: Any) -> Any:
    form = {"name": "Spring", "image": image.pk, "at_once": 1, "stop_after_failures": 1,
            "chargers": [each.pk for each in chargers]}  # fmt: skip
    return client.post("/firmware/campaigns/add/", form)


def test_a_campaign_is_planned_and_shows_each_charger(engineer: Client) -> None:
    image, charger = add_image(engineer), make_charger("CP-1", vendor="ACME", firmware="1.9", protocol="ocpp2.1")

    plan(engineer, image, charger)
    carry_on(THURSDAY.replace(year=2100))

    page = engineer.get(f"/firmware/campaigns/{Campaign.objects.get().pk}/").content.decode()
    assert "CP-1" in page
    assert "Asked" in page


def test_firmware_of_another_maker_is_refused_in_words(engineer: Client) -> None:
    image, charger = add_image(engineer), make_charger("CP-1", vendor="Other")

    page = plan(engineer, image, charger).content.decode()

    assert "is not made for CP-1" in page
    assert not Campaign.objects.exists()


def test_a_campaign_is_stopped_and_goes_on_over_rest(engineer: Client) -> None:
    image, charger = add_image(engineer), make_charger("CP-1", vendor="Acme", protocol="ocpp2.1")
    told = {"name": "Spring", "image": image.pk, "chargers": [charger.identity]}

    made = engineer.post("/api/v1/firmware-campaigns/", told, content_type="application/json").json()
    stopped = engineer.post(f"/api/v1/firmware-campaigns/{made['id']}/stop/").json()
    resumed = engineer.post(f"/api/v1/firmware-campaigns/{made['id']}/resume/").json()

    assert (made["state"], stopped["state"], resumed["state"]) == ("planned", "stopped", "running")
    assert made["steps"][0]["charger"] == "CP-1"
