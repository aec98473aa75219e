"""By which profiles a charger can be limited."""

from chargers.commands import ProfilePurpose
from chargers.quirks import Shown, model_for, traits_of
from depot.energy.delivery.ladder import Rung, lessons, read_rung, rung_of, rungs

TX, DEFAULT, STATION = ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX
UNKNOWN = traits_of(None)


def refuse(*rungs_: Rung) -> set[str]:
    return {each.refusal for each in rungs_}


def test_of_a_stranger_the_plan_of_the_transaction_is_tried_first() -> None:
    assert rung_of(UNKNOWN, ()) == Rung(TX, 0)


def test_levels_go_from_0_to_1_to_the_listed_one_before_another_purpose() -> None:
    assert [str(each) for each in rungs(UNKNOWN, listed_level=7)][:4] == ["tx 0", "tx 1", "tx 7", "tx_default 0"]


def test_a_refusal_steps_down() -> None:
    refused = refuse(Rung(TX, 0), Rung(TX, 1))

    assert rung_of(UNKNOWN, refused) == Rung(DEFAULT, 0)


def test_who_refuses_everything_is_only_started_and_stopped() -> None:
    assert rung_of(UNKNOWN, refuse(*rungs(UNKNOWN))) is None


def test_what_is_known_of_a_model_comes_first() -> None:
    terra_ac = traits_of(model_for("ABB", "CDT_TACW11::NET_WIFI", ""))

    assert rung_of(terra_ac, (), listed_level=3) == Rung(DEFAULT, 0)


def test_what_a_charger_has_shown_outranks_its_model() -> None:
    shown = [Shown(name="purpose", value="station_max"), Shown(name="stack_level", value="1")]

    assert rung_of(traits_of(model_for("ABB", "CDT_TACW11::NET_WIFI", ""), shown), ()) == Rung(STATION, 1)


def test_without_smart_charging_there_is_no_rung() -> None:
    assert rung_of(traits_of(model_for("ABB", "MD_TERRA_53", "")), ()) is None


def test_not_supported_is_a_lesson_about_the_purpose() -> None:
    assert lessons(Rung(TX, 0), "NotSupported", UNKNOWN) == ["refuses tx 0", "refuses tx 1"]


def test_rejected_is_a_lesson_about_the_level() -> None:
    assert lessons(Rung(TX, 0), "Rejected", UNKNOWN) == ["refuses tx 0"]


def test_too_soon_or_too_late_is_no_lesson() -> None:
    assert lessons(Rung(TX, 0), "RateLimitExceeded", UNKNOWN) == []
    assert lessons(Rung(TX, 0), "TxNotFound", UNKNOWN) == []


def test_a_rung_reads_as_it_is_written() -> None:
    assert read_rung(str(Rung(DEFAULT, 3))) == Rung(DEFAULT, 3)
