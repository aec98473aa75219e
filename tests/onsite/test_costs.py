"""When a charger is told what a charge has come to, and which limits it is given to keep."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import Tariff
from billing.onsite.models import ChargeCost, HeldTariff
from chargers.choices import Standing
from chargers.events import ChargeLimit, TokenDecision, TokenStatus
from chargers.inbox import Caller
from chargers.models import Charger, IssuedCommand
from depot.onsite.costs import tell_costs
from depot.onsite.terms import kept_by_charger
from sessions.models import LimitKeeper, Session
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_session, make_vehicle

pytestmark = pytest.mark.django_db
LATER = THURSDAY + timedelta(hours=1)


def say(charger: Charger, component: str, variable: str, value: str, instance: str = "") -> None:
    charger.settings.create(
        component=component, variable=variable, variable_instance=instance, value=value, reported_at=THURSDAY
    )


def make_charging(protocol: str = "ocpp2.0.1", **fields: object) -> Session:
    """A van that has taken 10 kWh at 0.30 a kWh."""
    tariff = Tariff.objects.create(
        name="Flat", currency="EUR", time_zone="UTC", price_per_kwh="0.30", created_at=THURSDAY
    )
    charger = make_charger(protocol=protocol, automation_on=True)
    bay = make_bay(make_depot(tariff=tariff), evse=make_evse(charger))
    told = {"tariff_key": tariff.pk, "reference": "tx-1", "energy_wh": 10_000, "last_reading_at": LATER} | fields
    return make_session(bay, make_vehicle(), **told)


def told_costs() -> list[Decimal]:
    rows = IssuedCommand.objects.filter(kind="show_cost").order_by("pk")
    return [Decimal(str(row.request["totalCost"])) for row in rows if row.request]


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [("Enabled", "true", [Decimal("3.0")]), ("Available", "True", [Decimal("3.0")]), ("Enabled", "false", [])],
)
def test_a_charger_that_shows_costs_is_told_them(variable: str, value: str, told: list[Decimal]) -> None:
    session = make_charging()
    say(session.charger, "TariffCostCtrlr", variable, value, "Cost")

    tell_costs(LATER)

    assert told_costs() == told


def test_nobody_is_told_who_does_not_say_that_it_shows_costs() -> None:
    make_charging()

    assert tell_costs(LATER) == 0


def test_within_some_minutes_it_is_not_told_again() -> None:
    session = make_charging()
    say(session.charger, "TariffCostCtrlr", "Enabled", "true", "Cost")
    tell_costs(LATER)

    tell_costs(LATER + timedelta(minutes=1))

    assert len(told_costs()) == 1


def test_what_has_not_changed_is_not_told_again() -> None:
    session = make_charging()
    say(session.charger, "TariffCostCtrlr", "Enabled", "true", "Cost")
    ChargeCost.objects.create(
        charger=session.charger, reference="tx-1", told_total=Decimal("3.00"), told_at=THURSDAY, changed_at=THURSDAY
    )

    assert tell_costs(LATER) == 0


def test_one_that_counts_by_a_price_list_of_ours_is_not_told() -> None:
    session = make_charging("ocpp2.1")
    say(session.charger, "TariffCostCtrlr", "Enabled", "true", "Cost")
    HeldTariff.objects.create(charger=session.charger, tariff_id="Flat 1", evse_number=0, use="DefaultTariff")

    assert tell_costs(LATER) == 0


def test_one_that_is_to_stop_at_a_cost_is_told_though_it_shows_none() -> None:
    """2.1 E16.FR.11."""
    make_charging("ocpp2.1", limit_cost=Decimal(20))

    assert tell_costs(LATER) == 1


def test_with_automation_off_nothing_is_told() -> None:
    session = make_charging()
    say(session.charger, "TariffCostCtrlr", "Enabled", "true", "Cost")
    Charger.objects.update(automation_on=False)

    assert tell_costs(LATER) == 0


@pytest.mark.parametrize(
    ("supported", "kept"),
    [
        (None, ChargeLimit(cost=Decimal(5), energy_wh=9_000)),
        ("maxEnergy,maxTime", ChargeLimit(energy_wh=9_000)),
        ("", ChargeLimit()),
    ],
)
def test_a_charger_is_given_the_limits_that_it_can_keep(supported: str | None, kept: ChargeLimit) -> None:
    """2.1 E16.FR.12; the others are kept by us."""
    charger = make_charger(protocol="ocpp2.1")
    if supported is not None:
        say(charger, "TxCtrlr", "SupportedLimits", supported)
    caller = Caller(charger.pk, charger.identity, 0, "ocpp2.1", Standing.ADOPTED)
    decision = TokenDecision(TokenStatus.ACCEPTED, limit=ChargeLimit(cost=Decimal(5), energy_wh=9_000))

    judged = kept_by_charger(caller, decision)

    assert judged is not None
    assert judged.limit == kept


@pytest.mark.parametrize(("keeper", "is_told"), [(LimitKeeper.CHARGER, False), (LimitKeeper.US, True)])
def test_a_limit_that_the_charger_keeps_already_is_not_told_again(keeper: LimitKeeper, is_told: bool) -> None:
    """2.1 E16.FR.08."""
    session = make_charging("ocpp2.1", limit_cost=Decimal(5), limit_kept_by=keeper)
    caller = Caller(session.charger_id, session.charger.identity, 0, "ocpp2.1", Standing.ADOPTED)
    decision = TokenDecision(TokenStatus.ACCEPTED, limit=ChargeLimit(cost=Decimal(5)))

    judged = kept_by_charger(caller, decision, session)

    assert judged is not None
    assert bool(judged.limit) is is_told
