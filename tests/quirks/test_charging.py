"""Rows of the field's list about states, settings, measured values and makes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape

from chargers.choices import ConnectorStatus
from chargers.events import Setting, SettingReport, SettingsReported
from chargers.models import Capability, Charger, IssuedCommand, Oddity, SettingValue
from chargers.queries import traits_of_charger
from chargers.quirks import all_models, model_for
from chargers.trace import recorder, write
from chargers.upkeep.learned import learn_from
from chargers.upkeep.models import SettingTemplate
from chargers.upkeep.settings import drift_of
from depot import duties
from depot.board.state import Scene, SessionFacts, Shape, state_of
from depot.upkeep.measurands import never_sent, note_never_sent
from depot.upkeep.others import note_changes_of_others
from sessions.models import IdToken, MeterReading
from sessions.services import RESTARTS_WITHOUT_REPLUG, NeedsReplug, request_start
from tests.factories import THURSDAY, make_charger, make_command, make_evse, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger(vendor="Acme", model="One", firmware="1.0")


def told(charger: Charger, **values: str) -> None:
    for name, value in values.items():
        SettingValue.objects.create(charger=charger, variable=name, value=value, reported_at=THURSDAY)


def reads(charger: Charger, *names: str, times: int = 12) -> None:
    samples = json.dumps([[name, 1, "", "", "", ""] for name in names])
    MeterReading.objects.bulk_create(
        MeterReading(charger=charger, at=THURSDAY, heard_at=THURSDAY, samples=samples) for _ in range(times)
    )


def reported(value: str) -> SettingsReported:
    report = SettingReport(setting=Setting("MaxCurrent"), value=value)
    return SettingsReported(request_id=None, sequence=0, more=False, at=THURSDAY, reports=(report,))


@pytest.mark.parametrize(
    ("power_w", "shape"),
    [(1_400, Shape.CHARGING), (0, Shape.HOLD), (None, Shape.HOLD)],
    ids=["flows", "none", "untold"],
)
def test_one_that_says_it_holds_while_the_least_current_flows_is_shown_charging(
    power_w: int | None, shape: Shape
) -> None:
    """Row 39."""
    session = SessionFacts(power_w=power_w, energy_wh=900)
    scene = Scene(
        now=THURSDAY, is_online=True, status=ConnectorStatus.SUSPENDED_EVSE, status_since=THURSDAY, session=session
    )

    assert state_of(scene).shape is shape


def test_how_it_decides_when_cut_off_is_shown_and_never_changed_unasked(charger: Charger) -> None:
    """Row 45: the ABB keys, and a template that wants another value."""
    told(charger, StopTransactionOnInvalidId="true", MaxEnergyOnInvalidId="1000", HeartbeatInterval="300")
    SettingTemplate.objects.create(name="Usual", created_at=THURSDAY).wanted.create(
        variable="MaxEnergyOnInvalidId", value="0"
    )
    client = Client()
    client.force_login(make_user())

    page = client.get(f"/chargers/{charger.pk}/configuration/").content.decode()
    for minutes in (0, 1, 2, 15, 30):
        duties.do_what_is_due(THURSDAY + timedelta(minutes=minutes))

    assert "When we refuse the card afterwards it still gives at most so many Wh" in page
    assert "It stops when we refuse the card afterwards" in page
    assert not IssuedCommand.objects.filter(kind="change_settings").exists()


def test_a_model_that_reboots_over_measured_values_is_offered_safe_ones_only() -> None:
    """Row 50."""
    terra = make_charger(vendor="ABB", model="CDT_TACW22::NET_WIFI")
    told(terra, MeterValuesSampledData="Power.Active.Import")
    SettingTemplate.objects.create(name="Usual", created_at=THURSDAY).wanted.create(
        variable="MeterValuesSampledData", value="Voltage,Frequency,RPM"
    )

    (difference,) = drift_of(terra, ()).differences

    assert "known to be safe" in difference.why_not


def test_what_is_configured_and_never_received_is_told_apart(charger: Charger) -> None:
    """Row 51."""
    told(charger, MeterValuesSampledData="Energy.Active.Import.Register,Voltage,Current.Import")
    reads(charger, "energy.active.import.register", "Current.Import")
    recorder.take()

    assert never_sent(charger, now=THURSDAY) == {"Voltage"}
    assert note_never_sent(THURSDAY) == 1

    write(*recorder.take())
    assert Oddity.objects.get(charger=charger).kind == "Voltage is configured, not received"


def test_too_few_readings_say_nothing_of_what_is_missing(charger: Charger) -> None:
    """Row 51."""
    told(charger, MeterValuesSampledData="Voltage")
    reads(charger, "Current.Import", times=3)

    assert never_sent(charger, now=THURSDAY) == set()


def test_a_makers_own_limit_keys_are_set_by_nothing_but_a_persons_template() -> None:
    """Row 64: amperes, tenths and thousandths of them differ by maker, so that no limit of ours goes by such a key."""
    rooms = (ROOT / "depot" / "energy").rglob("*.py"), (ROOT / "chargers" / "held").rglob("*.py")

    assert [path.name for room in rooms for path in room if "ChangeSettings" in path.read_text()] == []


def test_a_random_delay_before_a_schedule_is_shown(charger: Charger) -> None:
    """Row 65."""
    told(charger, RandomSmartChargeDelay="600")
    client = Client()
    client.force_login(make_user())

    page = client.get(f"/chargers/{charger.pk}/configuration/").content.decode()

    assert "It waits a random time before it obeys a schedule" in page
    assert "600" in page


def test_what_another_controller_changed_is_seen_and_counted(charger: Charger) -> None:
    """Row 66."""
    told(charger, MaxCurrent="32")
    recorder.take()

    said = reported("16")
    assert note_changes_of_others(charger, said, now=THURSDAY) == ["MaxCurrent"]
    told_again = reported("32")
    assert note_changes_of_others(charger, told_again, now=THURSDAY) == []

    _, counted = recorder.take()
    assert [kind for _, kind in counted] == ["MaxCurrent was changed by another"]


def test_each_model_that_was_withdrawn_or_is_closed_says_so_with_its_day() -> None:
    """Row 67."""
    closed = [model for model in all_models() if model.access.value in ("locked", "none")]

    assert {model.vendor for model in closed} >= {"Evnex", "Tesla"}
    assert all(model.seen.year >= 2024 and model.sources for model in closed)


def test_a_known_models_deviations_are_read_on_its_page() -> None:
    """Row 68: what is known of a firmware stands beside the charger, for whoever pins its version."""
    terra = make_charger(vendor="ABB", model="CDT_TACW22::NET_WIFI")
    client = Client()
    client.force_login(make_user())

    page = client.get(f"/chargers/{terra.pk}/").content.decode()

    assert "Known of ABB" in page
    model = model_for("ABB", "CDT_TACW22::NET_WIFI")
    assert model is not None
    assert escape(model.deviations[0].says) in page


def refused_start(charger: Charger, *, state: str = "rejected") -> None:
    command = make_command(charger, "start", action="RemoteStartTransaction", evse_number=1, state=state)
    learn_from(command, now=THURSDAY)


@pytest.mark.parametrize(
    ("status", "answers", "value"),
    [
        ("finishing", ["rejected", "rejected"], "no"),
        ("finishing", ["rejected"], None),
        ("finishing", ["rejected", "accepted", "rejected"], None),
        ("preparing", ["rejected", "rejected"], None),
    ],
    ids=["twice", "once", "taken in between", "where nothing stood before"],
)
def test_who_refuses_a_start_twice_while_the_cable_stands_is_known_to_want_it_pulled(
    charger: Charger, status: str, answers: list[str], value: str | None
) -> None:
    """Row 40."""
    make_evse(charger, status=status)

    for answer in answers:
        refused_start(charger, state=answer)

    shown = Capability.objects.filter(name=RESTARTS_WITHOUT_REPLUG).values_list("value", flat=True)
    assert list(shown) == ([value] if value else [])
    assert traits_of_charger(charger).restarts_without_replug is (False if value else None)


@pytest.mark.parametrize(("shown", "is_asked"), [(None, False), ("yes", True)], ids=["by its model", "it showed other"])
def test_a_model_that_wants_the_cable_pulled_is_not_asked_to_start_while_it_stands(
    shown: str | None, is_asked: bool
) -> None:
    """Row 40."""
    autel = make_charger(vendor="Autel", model="MaxiChargerAC")
    evse = make_evse(autel, status="finishing")
    card = IdToken.objects.create(value="VAN12", key="van12", created_at=THURSDAY)
    if shown:
        Capability.objects.create(charger=autel, name=RESTARTS_WITHOUT_REPLUG, value=shown, seen_at=THURSDAY)

    if is_asked:
        assert request_start(card, evse, requested_by=None, now=THURSDAY).kind == "start"
    else:
        with pytest.raises(NeedsReplug):
            request_start(card, evse, requested_by=None, now=THURSDAY)
