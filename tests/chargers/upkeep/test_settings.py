"""Templates: which of them speak of a charger, what differs, and what of that may be set."""

from typing import Any

import pytest

from chargers.events import Setting
from chargers.models import Capability, Charger, IssuedCommand, SettingValue
from chargers.quirks import quarantine_of
from chargers.upkeep.models import SettingTemplate
from chargers.upkeep.settings import Drift, NotToBeSet, drift_of, find, fix, same_value
from tests.factories import THURSDAY, make_charger, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger(db: None) -> Charger:
    charger = make_charger(vendor="Acme", model="One", firmware="2.4.1")
    told(charger, HeartbeatInterval="900", MeterValueSampleInterval="60")
    return charger


def told(charger: Charger, **values: str) -> None:
    for name, value in values.items():
        SettingValue.objects.create(charger=charger, variable=name, value=value, reported_at=THURSDAY)


def template(name: str = "usual", wanted: dict[str, str] | None = None, **fields: Any) -> SettingTemplate:
    row = SettingTemplate.objects.create(name=name, created_at=THURSDAY, **fields)
    for spelled, value in (wanted or {"HeartbeatInterval": "300"}).items():
        component, _, variable = spelled.rpartition(".")
        row.wanted.create(component=component, variable=variable, value=value)
    return row


def differing(drift: Drift) -> dict[str, tuple[str | None, str]]:
    return {one.name: (one.has, one.wanted) for one in drift.differences}


def test_a_value_that_differs_is_a_difference(charger: Charger) -> None:
    template(wanted={"heartbeatinterval": "300", "MeterValueSampleInterval": "60.0"})

    drift = drift_of(charger, ())

    assert differing(drift) == {"HeartbeatInterval": ("900", "300")}
    assert (drift.wanted, drift.unknown) == (2, ())


@pytest.mark.parametrize(
    ("has", "wanted", "is_same"),
    [
        ("True", "true", True),
        ("60", "60.0", True),
        ("A, B", "b,a", True),
        ("A", "A,B", False),
        ("", "0", False),
        ("60", "61", False),
    ],
)
def test_values_are_compared_by_what_they_mean(has: str, wanted: str, is_same: bool) -> None:
    assert same_value(has, wanted) is is_same


def test_what_a_charger_never_told_is_not_known_to_differ(charger: Charger) -> None:
    template(wanted={"LightIntensity": "50"})

    drift = drift_of(charger, ())

    assert drift.differences == ()
    assert [one.name for one in drift.unknown] == ["LightIntensity"]


@pytest.mark.parametrize(
    ("fields", "speaks"),
    [
        ({}, True),
        ({"vendor": "ACME", "model": "one"}, True),
        ({"vendor": "Acme", "model": "Two"}, False),
        ({"firmware": "2.4"}, True),
        ({"firmware": "2.5"}, False),
        ({"depot_key": 7}, True),
        ({"depot_key": 8}, False),
        ({"is_active": False}, False),
    ],
)
def test_a_template_speaks_of_the_chargers_that_it_names(charger: Charger, fields: Any, speaks: bool) -> None:
    template(**fields)

    assert bool(drift_of(charger, [7]).wanted) is speaks


def test_the_more_particular_template_has_the_last_word(charger: Charger) -> None:
    template("depot", {"HeartbeatInterval": "30"}, depot_key=7)
    template("model", {"HeartbeatInterval": "60"}, vendor="Acme", model="One")
    template("all", {"HeartbeatInterval": "120"})

    assert differing(drift_of(charger, [7])) == {"HeartbeatInterval": ("900", "30")}
    assert differing(drift_of(charger, ())) == {"HeartbeatInterval": ("900", "60")}


def test_a_template_may_speak_of_both_kinds_of_chargers() -> None:
    newer = make_charger(protocol="ocpp2.0.1")
    SettingValue.objects.create(
        charger=newer, component="OCPPCommCtrlr", variable="HeartbeatInterval", value="900", reported_at=THURSDAY
    )
    template(wanted={"HeartbeatInterval": "300", "OCPPCommCtrlr.HeartbeatInterval": "600"})

    assert differing(drift_of(newer, ())) == {"OCPPCommCtrlr.HeartbeatInterval": ("900", "600")}


def test_one_difference_is_set_and_read_back(charger: Charger) -> None:
    template(wanted={"HeartbeatInterval": "300", "MeterValueSampleInterval": "30"})
    difference = find(drift_of(charger, ()).differences, Setting("heartbeatINTERVAL"))
    assert difference is not None

    fix(charger, difference, issued_by=None, now=THURSDAY)

    commands = IssuedCommand.objects.order_by("pk")
    assert [(command.action, command.request) for command in commands] == [
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
        ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ]


def test_a_charger_with_automation_off_is_left_as_it_is(charger: Charger) -> None:
    Charger.objects.update(automation_on=False)
    charger.refresh_from_db()
    template()

    with pytest.raises(NotToBeSet):
        fix(charger, drift_of(charger, ()).differences[0], issued_by=None, now=THURSDAY)

    assert not IssuedCommand.objects.exists()


@pytest.mark.parametrize("name", ["AuthorizationKey", "SecurityProfile"])
def test_what_could_lock_it_out_is_shown_and_not_set(charger: Charger, name: str) -> None:
    told(charger, **{name: "x"})
    template(wanted={name: "y"})

    difference = drift_of(charger, ()).differences[0]

    assert difference.why_not
    with pytest.raises(NotToBeSet):
        fix(charger, difference, issued_by=None, now=THURSDAY)


def test_what_the_charger_says_is_read_only_is_not_set(charger: Charger) -> None:
    SettingValue.objects.filter(variable="HeartbeatInterval").update(is_read_only=True)
    template()

    assert drift_of(charger, ()).differences[0].why_not == "the charger lets nobody change it"


@pytest.mark.parametrize(("values", "may"), [("Voltage", True), ("Voltage,Frequency", False)])
def test_a_model_that_reboots_from_measured_values_gets_safe_ones_only(values: str, may: bool) -> None:
    terra = make_charger(vendor="ABB", model="CDT_TACW22::NET_WIFI")
    told(terra, MeterValuesSampledData="Power.Active.Import")
    template(wanted={"MeterValuesSampledData": values})

    assert bool(drift_of(terra, ()).differences[0].why_not) is not may


def test_a_quarantined_question_is_no_hindrance_to_what_a_person_asks(charger: Charger) -> None:
    Capability.objects.create(
        charger=charger, name=quarantine_of("ChangeConfiguration"), value="yes", evidence="twice",
        firmware="2.4.1", seen_at=THURSDAY,
    )  # fmt: skip
    template()

    assert fix(charger, drift_of(charger, ()).differences[0], issued_by=make_user(), now=THURSDAY)
