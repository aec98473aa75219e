"""A charger is moved to a higher security profile over its socket, in each version's way; never to a lower one."""

from ipaddress import ip_network
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.certificates.models import Profile, Security, Upgrade, UpgradeStep
from chargers.certificates.services import upgrading
from chargers.commands import ChangeSettings
from chargers.credentials import keyed_hash
from chargers.events import Setting
from chargers.models import Charger, SettingValue
from chargers.services import CommandNotAllowed, issue_command
from depot.notices.models import Notice
from tests.factories import THURSDAY, connect, make_charger
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import dial

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "23456789abcdef23456789abcdef2345"
URL = "wss://cpms.example/ocpp"


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger(
        "CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="", automation_on=False
    )


async def ask_for(charger: Charger, profile: Profile = Profile.TLS, url: str = URL) -> Upgrade:
    return await sync_to_async(upgrading.ask_for_profile)(charger, profile, url=url, asked_by=None, now=THURSDAY)


async def step_is(step: UpgradeStep) -> None:
    async def is_so() -> bool:
        return await Upgrade.objects.filter(step=step).aexists()

    await until(is_so)


async def test_a_1_6_charger_is_told_by_its_configuration_key(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await ask_for(charger)
        asked = await wire.is_asked("ChangeConfiguration")
        await step_is(UpgradeStep.RETURN)

    assert asked == {"key": "SecurityProfile", "value": "2"}
    assert (await Security.objects.aget()).asked_profile == Profile.TLS


async def test_a_2_x_charger_gets_a_new_line_tries_it_first_and_restarts(
    live_depot: LiveDepot, charger: Charger
) -> None:
    await SettingValue.objects.acreate(
        charger=charger, component="OCPPCommCtrlr", variable="NetworkConfigurationPriority", value="1",
        values_list="0,1,2", reported_at=THURSDAY,
    )  # fmt: skip

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        wire.answers["SetVariables"] = lambda request: {
            "setVariableResult": [
                {**one, "attributeStatus": "Accepted"}
                for one in (
                    {"component": o["component"], "variable": o["variable"]} for o in request["setVariableData"]
                )
            ]
        }
        await ask_for(charger)
        profile = await wire.is_asked("SetNetworkProfile")
        priority = await wire.is_asked("SetVariables")
        await wire.is_asked("Reset")
        await step_is(UpgradeStep.RETURN)

    assert profile["configurationSlot"] == 0
    assert (profile["connectionData"]["securityProfile"], profile["connectionData"]["ocppCsmsUrl"]) == (2, URL)
    assert "basicAuthPassword" not in profile["connectionData"]
    assert priority["setVariableData"][0]["attributeValue"] == "0,1"


async def test_a_charger_that_refuses_stays_as_it_is_and_people_hear_of_it(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["ChangeConfiguration"] = {"status": "Rejected"}
        await ask_for(charger)
        await step_is(UpgradeStep.FAILED)

    security = await Security.objects.aget()
    assert (security.asked_profile, security.required_profile) == (None, Profile.NOTHING)
    assert "Rejected" in (await Notice.objects.aget(kind="security.not_upgraded")).text


async def test_until_it_comes_by_the_new_profile_the_old_one_still_lets_it_in(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD):
        await ask_for(charger)
        await step_is(UpgradeStep.RETURN)

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        assert "currentTime" in await wire.call("Heartbeat")


async def test_from_the_moment_on_that_it_comes_by_the_new_profile_that_one_is_required(
    live_depot: LiveDepot, charger: Charger, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD):
        await ask_for(charger)
        await step_is(UpgradeStep.RETURN)

    # As a proxy in front hands it on that has ended its TLS.
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, headers={"X-Forwarded-Proto": "https"}) as wire:
        await wire.call("Heartbeat")

    security = await Security.objects.aget()
    assert (security.required_profile, security.asked_profile, security.came_by) == (2, None, 2)
    assert (await Upgrade.objects.aget()).step == UpgradeStep.DONE


def test_there_is_no_way_to_the_same_or_a_lower_profile(charger: Charger) -> None:
    Security.objects.create(charger=charger, required_profile=2, came_by=2)

    for profile in (Profile.PASSWORD, Profile.TLS):
        with pytest.raises(upgrading.NoWayDown):
            upgrading.ask_for_profile(charger, profile, url=URL, asked_by=None, now=THURSDAY)


def test_a_password_over_an_open_line_is_the_first_profile_and_none_below_it_is_asked_for(charger: Charger) -> None:
    connect(charger)

    for profile in (Profile.NOTHING, Profile.PASSWORD):
        with pytest.raises(upgrading.NoWayDown):
            upgrading.ask_for_profile(charger, profile, url=URL, asked_by=None, now=THURSDAY)
    with pytest.raises(CommandNotAllowed, match="never lowered"):
        issue_command(
            charger, ChangeSettings(values=((Setting("SecurityProfile"), "0"),)), issued_by=None, now=THURSDAY
        )


def test_what_it_must_come_by_may_be_asked_for_though_it_does_not_yet(charger: Charger) -> None:
    connect(charger)
    Security.objects.create(charger=charger, required_profile=2)

    assert upgrading.ask_for_profile(charger, Profile.TLS, url=URL, asked_by=None, now=THURSDAY).profile == 2


@pytest.mark.parametrize(
    ("profile", "url", "missing"),
    [(Profile.TLS, "ws://cpms.example/ocpp", "wss://"), (Profile.CERTIFICATE, URL, "no certificate of ours")],
)
def test_what_the_new_profile_rests_on_must_be_there(
    charger: Charger, profile: Profile, url: str, missing: str
) -> None:
    with pytest.raises(upgrading.NotReady, match=missing):
        upgrading.ask_for_profile(charger, profile, url=url, asked_by=None, now=THURSDAY)


def test_one_that_does_not_come_back_is_given_up_after_a_day(charger: Charger) -> None:
    Security.objects.create(charger=charger, asked_profile=2)
    Upgrade.objects.create(charger=charger, profile=2, step=UpgradeStep.RETURN, asked_at=THURSDAY)

    early = upgrading.give_up_late(now=THURSDAY + upgrading.RETURNS_WITHIN)
    late = upgrading.give_up_late(now=THURSDAY + upgrading.RETURNS_WITHIN * 1.01)

    assert (len(early), len(late)) == (0, 1)
    assert Security.objects.get().asked_profile is None


def test_nobody_lowers_a_profile_by_a_configuration_key(db: None) -> None:
    charger = make_charger("CP-B02", online=True)
    Security.objects.create(charger=charger, came_by=2)
    lower = ChangeSettings(values=((Setting("SecurityProfile"), "1"),))

    with pytest.raises(CommandNotAllowed, match="never lowered"):
        issue_command(charger, lower, issued_by=None, now=THURSDAY)
