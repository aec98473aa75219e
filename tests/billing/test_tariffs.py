from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.models import Tariff
from billing.queries import tariff_in_force
from billing.services import (
    TariffInUse,
    TariffNameTaken,
    TariffReplaced,
    Terms,
    ValidFromPast,
    change_tariff,
    make_tariff,
    remove_tariff,
)
from tests.billing.yard import NOW, PEAK, ended_session, tariff

pytestmark = pytest.mark.django_db

TERMS = Terms(currency="EUR", price_per_kwh=Decimal("0.2"), periods=[PEAK])


def test_a_change_makes_a_new_version_and_leaves_the_old_one_as_it_was() -> None:
    old = make_tariff("Day and night", TERMS, now=NOW)

    newer = change_tariff(old, {"price_per_kwh": Decimal("0.3")}, now=NOW + timedelta(days=1))

    old.refresh_from_db()
    assert (old.version, old.price_per_kwh, old.replaced_by) == (1, Decimal("0.2"), newer)
    assert (newer.name, newer.version, newer.price_per_kwh) == ("Day and night", 2, Decimal("0.3"))
    assert (newer.periods, newer.currency, newer.created_at) == ([PEAK], "EUR", NOW + timedelta(days=1))


def test_a_change_that_changes_nothing_makes_no_version() -> None:
    made = make_tariff("Flat", TERMS, now=NOW)

    same = change_tariff(made, {"price_per_kwh": Decimal("0.20000"), "periods": [dict(PEAK)]}, now=NOW)

    assert same == made
    assert Tariff.objects.count() == 1


def test_a_version_that_was_replaced_is_not_changed() -> None:
    old = make_tariff("Flat", TERMS, now=NOW)
    change_tariff(old, {"tax_percent": Decimal(19)}, now=NOW)

    with pytest.raises(TariffReplaced):
        change_tariff(old, {"tax_percent": Decimal(20)}, now=NOW)


def test_a_price_is_announced_for_later_and_not_for_the_past() -> None:
    old = make_tariff("Flat", TERMS, now=NOW)
    with pytest.raises(ValidFromPast):
        change_tariff(old, {"valid_from": NOW - timedelta(seconds=1)}, now=NOW)

    newer = change_tariff(old, {"valid_from": NOW + timedelta(days=1)}, now=NOW)

    assert tariff_in_force(old.pk, at=NOW + timedelta(days=1, seconds=-1)) == old
    assert tariff_in_force(old.pk, at=NOW + timedelta(days=1)) == newer


def test_a_change_of_what_was_announced_is_announced_for_the_same_day() -> None:
    old = make_tariff("Flat", TERMS, now=NOW)
    announced = change_tariff(old, {"valid_from": NOW + timedelta(days=9)}, now=NOW)

    corrected = change_tariff(announced, {"price_per_kwh": Decimal("0.25")}, now=NOW + timedelta(days=1))

    assert corrected.valid_from == NOW + timedelta(days=9)


def test_a_change_of_what_was_announced_and_came_into_force_holds_from_now() -> None:
    old = make_tariff("Flat", TERMS, now=NOW)
    announced = change_tariff(old, {"valid_from": NOW + timedelta(days=1)}, now=NOW)

    corrected = change_tariff(announced, {"price_per_kwh": Decimal("0.25")}, now=NOW + timedelta(days=2))

    assert corrected.valid_from is None
    assert tariff_in_force(old.pk, at=NOW + timedelta(days=2)) == corrected


def test_a_name_belongs_to_one_tariff() -> None:
    make_tariff("Flat", TERMS, now=NOW)

    with pytest.raises(TariffNameTaken):
        make_tariff("Flat", TERMS, now=NOW)


@pytest.mark.parametrize("terms", [{"price_per_kwh": "-0.1"}, {"price_per_session": "-1"}, {"tax_percent": "-19"}])
def test_no_price_is_negative(terms: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        tariff(**terms)


def test_a_tariff_that_was_never_used_is_removed() -> None:
    remove_tariff(make_tariff("Flat", TERMS, now=NOW))

    assert not Tariff.objects.exists()


def test_a_tariff_of_which_sessions_were_told_stays() -> None:
    made = tariff()
    ended_session(tariff_key=made.pk)

    with pytest.raises(TariffInUse):
        remove_tariff(made)
