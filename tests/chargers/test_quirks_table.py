"""The table of models: what each entry must tell, whom it matches, and what outranks it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chargers.commands import ProfileKind, ProfilePurpose, RateUnit
from chargers.ocpp import schemas
from chargers.quirks import (
    GENERIC,
    Access,
    BadModel,
    Evidence,
    Model,
    Pause,
    Shown,
    Source,
    all_models,
    model_for,
    quarantine_of,
    traits_of,
)
from chargers.quirks.table import FOLDER, read_file

MODELS = [pytest.param(model, id=f"{model.vendor} {model.name}") for model in all_models()]
# The pairs of boot strings that public logs, reports and templates show; there are no others to match.
PUBLISHED = {
    ("ABB", "CDT_TACW11::NET_WIFI"): "Terra AC (TAC-W7, W11, W22)",
    ("ABB", "CDT_TACW22::NET_WIFI"): "Terra AC (TAC-W7, W11, W22)",
    ("ABB", "MD_TERRA_53"): "Terra 53",
    ("Autel", "MaxiChargerAC"): "MaxiCharger AC",
    ("Anker", "Anker"): "SOLIX V1",
    ("BS AC EV Charger", "BS-EV22"): "LTE Plus v3",
    ("BS AC EV Charger", "BS-EV07"): "LTE Plus v3",
}
PUBLISHED_BEGINNINGS = {("ABB", "CDT_TACW")}


@pytest.mark.parametrize("model", MODELS)
def test_an_entry_has_its_evidence_its_day_and_its_sources(model: Model) -> None:
    assert isinstance(model.evidence, Evidence)
    assert date(2020, 1, 1) <= model.seen <= datetime.now(UTC).date()
    assert model.sources
    assert model.deviations


@pytest.mark.parametrize("model", MODELS)
def test_an_entry_matches_published_words_only(model: Model) -> None:
    if model.match is None:
        return

    words = {(model.match.vendor, name) for name in model.match.models}
    assert words <= set(PUBLISHED)
    if model.match.model_begins:
        assert (model.match.vendor, model.match.model_begins) in PUBLISHED_BEGINNINGS


@pytest.mark.parametrize(("words", "name"), PUBLISHED.items(), ids=[" / ".join(words) for words in PUBLISHED])
def test_a_charger_is_known_by_its_published_words(words: tuple[str, str], name: str) -> None:
    model = model_for(*words)

    assert model is not None
    assert model.name == name


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("ABB", "Terra 54"),
        ("ABB", "MD_TERRA_54"),
        ("abb", "MD_TERRA_53"),
        ("ChargePoint", "CT4021"),
        ("Anker", "Anker V2"),
        ("BS AC EV Charger", "BS-EV2"),
        ("", ""),
    ],
)
def test_a_charger_with_other_words_is_not_known(vendor: str, model: str) -> None:
    assert model_for(vendor, model) is None


def test_each_way_of_access_is_told_apart() -> None:
    by_access = {access: {model.vendor for model in all_models() if model.access is access} for access in Access}

    assert by_access[Access.LOCKED] == {"Evnex"}
    assert by_access[Access.NONE] == {"Tesla"}
    assert by_access[Access.OPEN_THROUGH_CLOUD] == {"myenergi"}
    assert by_access[Access.UNKNOWN] == {"ChargePoint"}


def test_models_have_names_of_their_own() -> None:
    names = [(model.vendor, model.name) for model in all_models()]

    assert len(names) == len(set(names))


def test_no_entry_says_of_a_model_what_nobody_saw_of_it() -> None:
    unseen = [model for model in all_models() if model.evidence in (Evidence.NOTHING, Evidence.INFERRED)]

    assert unseen
    assert all(model.match is None and model.smart_charging is None for model in unseen)


GOOD = """
vendor = "Acme"
[[model]]
name = "One"
access = "open"
current = "AC"
evidence = "W"
seen = 2026-11-01
sources = ["a log"]
deviations = []
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD + 'match = { vendor = "Acme", models = ["A1"], firmware_begins = "2." }\n')

    (model,) = read_file(file)

    assert (model.vendor, model.name, model.access, model.seen) == ("Acme", "One", Access.OPEN, date(2026, 11, 1))
    assert model.match is not None
    assert model.match.fits("Acme", "A1", "2.1")
    assert not model.match.fits("Acme", "A1", "3.0")


@pytest.mark.parametrize(
    "slip",
    [
        'colour = "red"',
        'smart_charging = "yes"',
        "stack_level = true",
        'rate_units = "A"',
        'rate_units = ["kW"]',
        'match = { models = ["A1"] }',
        "min_current_a = '6'",
    ],
)
def test_a_slip_in_a_file_is_named(slip: str, tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD + slip + "\n")

    with pytest.raises(BadModel, match=r"acme\.toml: One"):
        read_file(file)


def test_an_entry_that_leaves_out_its_evidence_is_named(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD.replace('evidence = "W"\n', ""))

    with pytest.raises(BadModel, match="evidence"):
        read_file(file)


def test_a_file_that_is_no_table_of_models_is_named(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text('models = "none"')

    with pytest.raises(BadModel, match="acme"):
        read_file(file)


# What follows


def terra_ac() -> Model:
    model = model_for("ABB", "CDT_TACW22::NET_WIFI")
    assert model is not None
    return model


def test_an_unknown_charger_is_treated_as_harms_none() -> None:
    assert traits_of(None) == GENERIC
    assert (GENERIC.stack_level, GENERIC.min_current_a, GENERIC.smart_charging) == (0, 6, None)
    assert "ChangeAvailability" in GENERIC.deny_on_connect


def test_a_known_model_is_treated_by_its_entry() -> None:
    traits = traits_of(terra_ac())

    assert traits.smart_charging is True
    assert traits.rate_unit is RateUnit.AMPERE
    assert (traits.stack_level, traits.max_periods, traits.max_profiles) == (0, 25, 16)
    assert (traits.purpose, traits.kind) == (ProfilePurpose.TX_DEFAULT, ProfileKind.ABSOLUTE)
    assert traits.safe_measurands == terra_ac().safe_measurands
    assert traits.source_of("stack_level") is Source.TABLE
    assert traits.source_of("min_current_a") is Source.GENERIC


def test_what_a_charger_has_shown_outranks_its_models_entry() -> None:
    shown = [
        Shown(name="stack_level", value="3"),
        Shown(name="rate_unit", value="W"),
        Shown(name="smart_charging", value="no"),
        Shown(name="pause", value="limit_zero"),
        Shown(name="purpose", value="station_max"),
        Shown(name="min_current_a", value="8.5"),
    ]

    traits = traits_of(terra_ac(), shown)

    assert (traits.stack_level, traits.rate_unit, traits.smart_charging) == (3, RateUnit.WATT, False)
    assert (traits.pause, traits.purpose, traits.min_current_a) == (Pause.LIMIT_ZERO, ProfilePurpose.STATION_MAX, 8.5)
    assert traits.source_of("stack_level") is Source.SHOWN
    assert traits.max_periods == 25


def test_what_a_charger_has_shown_beside_is_left_alone() -> None:
    assert traits_of(None, [Shown(name="sings", value="well")]) == GENERIC


def test_a_shown_value_that_says_nothing_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="maybe"):
        traits_of(None, [Shown(name="smart_charging", value="maybe")])


def test_an_action_in_quarantine_is_denied_for_the_firmware_that_earned_it() -> None:
    shown = [Shown(name=quarantine_of("GetConfiguration"), value="yes", firmware="1.8.21")]

    assert "GetConfiguration" in traits_of(None, shown, firmware="1.8.21").deny_on_connect
    assert "GetConfiguration" not in traits_of(None, shown, firmware="1.9").deny_on_connect


def test_an_action_that_was_survived_since_is_denied_no_more() -> None:
    shown = [Shown(name=quarantine_of("GetConfiguration"), value="no", firmware="1.8.21")]

    assert traits_of(None, shown, firmware="1.8.21").deny_on_connect == GENERIC.deny_on_connect


def test_whom_limits_throw_off_the_line_is_started_and_stopped_with_that_firmware() -> None:
    shown = [
        Shown(name="smart_charging", value="yes", firmware="1.8.21"),
        Shown(name=quarantine_of("SetChargingProfile"), value="yes", firmware="1.8.21"),
    ]

    assert traits_of(None, shown, firmware="1.8.21").smart_charging is False
    assert traits_of(None, shown, firmware="1.9").smart_charging is True


def test_a_charger_behind_its_makers_cloud_says_so() -> None:
    (zappi,) = (model for model in all_models() if model.vendor == "myenergi")

    assert traits_of(zappi).is_behind_cloud
    assert not GENERIC.is_behind_cloud


def test_every_action_denied_by_name_is_one_of_ocpp() -> None:
    denied = {action for model in all_models() for action in model.deny_on_connect}

    assert denied - {"GetConfiguration of everything", "measurand probing"} <= set(schemas.actions("ocpp1.6"))


def test_each_maker_has_one_file() -> None:
    assert len(list(FOLDER.glob("*.toml"))) == len({model.vendor for model in all_models()})
