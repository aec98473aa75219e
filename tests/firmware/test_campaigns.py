"""Campaigns: the first alone, then so many at once, only in their window, and stopped by failures."""

from datetime import time, timedelta

import pytest

from chargers.choices import CommandState
from chargers.events import JobKind, JobProgressed
from chargers.models import Charger, Connection, IssuedCommand
from chargers.services.hear import keep_job
from depot.firmware.models import Campaign, CampaignState, CampaignStep, FirmwareImage, StepState
from depot.firmware.services import CampaignImpossible, carry_on, plan_campaign, resume_campaign, stop_campaign
from depot.notices.models import Notice
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_session, make_user

pytestmark = pytest.mark.django_db

NEW, OLD = "2.0", "1.9"


@pytest.fixture
def image() -> FirmwareImage:
    return FirmwareImage.objects.create(
        vendor="Acme", version=NEW, location="https://acme.example/fw.bin", key="k", added_by=make_user("eva"),
        added_at=THURSDAY,
    )  # fmt: skip


def make_chargers(count: int, **fields: object) -> list[Charger]:
    told = {"vendor": "Acme", "firmware": OLD, "protocol": "ocpp2.0.1", **fields}
    return [make_charger(f"CP-{number}", **told) for number in range(count)]


def planned(image: FirmwareImage, chargers: list[Charger], **fields: object) -> Campaign:
    campaign = Campaign(name="Spring", image=image, begins_at=THURSDAY, **fields)
    return plan_campaign(campaign, chargers, created_by=image.added_by, now=THURSDAY)


def states(campaign: Campaign) -> list[str]:
    return list(campaign.steps.values_list("state", flat=True))


def tell(step: CampaignStep, status: str, *, minutes: int = 1) -> None:
    told = JobProgressed(kind=JobKind.FIRMWARE, status=status, request_id=step.pk)
    keep_job(step.charger, told, now=THURSDAY + timedelta(minutes=minutes))


def install(step: CampaignStep) -> None:
    """It restarts with the new firmware, and says so."""
    Charger.objects.filter(pk=step.charger_id).update(firmware=NEW)


def test_the_first_goes_alone(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(3), at_once=3)

    carry_on(THURSDAY)

    assert states(campaign) == ["asked", "waiting", "waiting"]


def test_once_the_first_runs_it_so_many_go_at_once(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(4), at_once=2)
    carry_on(THURSDAY)

    install(campaign.steps.first())
    carry_on(THURSDAY + timedelta(minutes=5))

    assert states(campaign) == ["installed", "asked", "asked", "waiting"]


def test_who_says_installed_and_never_comes_back_lets_nobody_follow(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(2))
    carry_on(THURSDAY)
    first = campaign.steps.get(position=1)

    tell(first, "Installed")
    Connection.objects.filter(charger=first.charger).update(closed_at=THURSDAY)
    carry_on(THURSDAY + timedelta(minutes=10))
    meanwhile = states(campaign)
    carry_on(THURSDAY + timedelta(hours=3))

    campaign.refresh_from_db()
    assert meanwhile == ["under_way", "waiting"]
    assert (campaign.state, states(campaign)) == (CampaignState.STOPPED, ["failed", "waiting"])


def test_who_needs_no_restart_and_has_another_name_for_it_is_believed_after_a_while(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(2))
    carry_on(THURSDAY)

    tell(campaign.steps.get(position=1), "Installed")
    carry_on(THURSDAY + timedelta(hours=3))

    assert states(campaign) == ["installed", "asked"]
    assert campaign.steps.get(position=1).note == "Says it installed it, and runs 1.9"


def test_the_charger_is_told_where_the_file_is(image: FirmwareImage) -> None:
    planned(image, make_chargers(1))

    carry_on(THURSDAY)

    assert IssuedCommand.objects.get().request["firmware"]["location"] == "https://acme.example/fw.bin"


def test_a_file_with_us_is_fetched_by_an_address_that_nobody_guesses(image: FirmwareImage) -> None:
    FirmwareImage.objects.filter(pk=image.pk).update(location="", stored_as="a" * 32, file_name="fw.bin")
    planned(image, make_chargers(1), base_url="https://depot.example")

    carry_on(THURSDAY)

    location = IssuedCommand.objects.get().request["firmware"]["location"]
    assert location == "https://depot.example/firmware-files/k/fw.bin"


def test_a_failure_stops_it_and_is_told(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(2), stop_after_failures=1)
    carry_on(THURSDAY)

    tell(campaign.steps.get(position=1), "InstallationFailed")
    carry_on(THURSDAY + timedelta(minutes=2))

    campaign.refresh_from_db()
    assert (campaign.state, states(campaign)) == (CampaignState.STOPPED, ["failed", "waiting"])
    assert Notice.objects.get().kind == "firmware.failed"


def test_a_refusal_is_a_failure(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    IssuedCommand.objects.update(state=CommandState.REJECTED, status="InvalidCertificate")

    carry_on(THURSDAY + timedelta(minutes=1))

    assert campaign.steps.get().note == "It refused: InvalidCertificate"


def test_one_that_was_not_reached_is_asked_again(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    IssuedCommand.objects.update(state=CommandState.EXPIRED)

    carry_on(THURSDAY + timedelta(minutes=1))

    assert states(campaign) == ["asked"]
    assert IssuedCommand.objects.count() == 2


def test_one_that_falls_silent_has_failed(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    tell(campaign.steps.get(), "Downloading")
    IssuedCommand.objects.update(state=CommandState.ACCEPTED)

    carry_on(THURSDAY + timedelta(hours=2, minutes=2))

    assert states(campaign) == ["failed"]


def test_it_is_done_when_all_have_it(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    install(campaign.steps.get())

    carry_on(THURSDAY + timedelta(minutes=1))

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE


def test_whoever_has_it_already_is_left_alone(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1, firmware=NEW))

    carry_on(THURSDAY)

    assert states(campaign) == ["skipped"]
    assert not IssuedCommand.objects.exists()


def test_a_charger_that_is_offline_keeps_its_turn(image: FirmwareImage) -> None:
    campaign = planned(image, [*make_chargers(1, online=False), make_charger("ON", vendor="Acme", protocol="ocpp2.1")])

    carry_on(THURSDAY)

    assert states(campaign) == ["waiting", "asked"]


def test_where_a_vehicle_charges_it_waits(image: FirmwareImage) -> None:
    (charger,) = make_chargers(1)
    make_session(make_bay(make_depot(), "A1", evse=make_evse(charger)))
    campaign = planned(image, [charger])

    carry_on(THURSDAY)

    assert states(campaign) == ["waiting"]


def test_it_keeps_to_its_window_in_the_depots_time(image: FirmwareImage) -> None:
    (charger,) = make_chargers(1)
    make_bay(make_depot(time_zone="Europe/Berlin"), "A1", evse=make_evse(charger))
    campaign = planned(image, [charger], window_from=time(22), window_until=time(5))

    carry_on(THURSDAY.replace(hour=20, minute=59))
    before = states(campaign)
    carry_on(THURSDAY.replace(hour=21, minute=1))

    assert (before, states(campaign)) == (["waiting"], ["asked"])


def test_it_does_not_begin_before_its_time(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))

    carry_on(THURSDAY - timedelta(minutes=1))

    assert states(campaign) == ["waiting"]


def test_a_stopped_one_asks_nobody_else_and_still_follows_who_was_asked(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(2), at_once=2)
    carry_on(THURSDAY)
    stop_campaign(campaign, why="by eva")
    install(campaign.steps.first())

    carry_on(THURSDAY + timedelta(minutes=1))

    assert states(campaign) == ["installed", "waiting"]


def test_a_resumed_one_asks_again_who_failed(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    tell(campaign.steps.get(), "DownloadFailed")
    carry_on(THURSDAY + timedelta(minutes=1))

    resume_campaign(campaign, now=THURSDAY + timedelta(minutes=2))
    carry_on(THURSDAY + timedelta(minutes=2))

    assert campaign.steps.get().state == StepState.ASKED


def test_what_a_charger_told_of_an_earlier_try_does_not_count(image: FirmwareImage) -> None:
    campaign = planned(image, make_chargers(1))
    carry_on(THURSDAY)
    tell(campaign.steps.get(), "DownloadFailed")
    carry_on(THURSDAY + timedelta(minutes=1))
    resume_campaign(campaign, now=THURSDAY + timedelta(minutes=2))
    carry_on(THURSDAY + timedelta(minutes=2))

    carry_on(THURSDAY + timedelta(minutes=3))

    assert campaign.steps.get().state == StepState.ASKED


def test_a_charger_is_part_of_one_campaign_at_a_time(image: FirmwareImage) -> None:
    chargers = make_chargers(1)
    planned(image, chargers)

    with pytest.raises(CampaignImpossible, match="Spring"):
        planned(image, chargers)
