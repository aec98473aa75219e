"""Tariffs from their pages."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.models import Tariff
from billing.services import Terms, make_tariff
from depot.access.models import AuditEntry, Role
from depot.models import Depot
from depot.yard.forms.tariffs import clock_time, initial_of, months_between, season_of
from depot.yard.templatetags.yard import period_words, price, short
from tests.factories import THURSDAY, make_user
from tests.yard.reading import flash, post, signed_in, words

pytestmark = pytest.mark.django_db


def tariff(name: str = "Site price", **terms: Any) -> Tariff:
    values = {"currency": "EUR", "price_per_kwh": Decimal("0.30")} | terms
    return make_tariff(name, Terms(**values), now=THURSDAY)


def form(*periods: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the browser posts; `keep` is the button that saves."""
    data: dict[str, Any] = {
        "name": "Night", "currency": "eur", "price_per_kwh": "0.30", "keep": "1",
        "period-TOTAL_FORMS": str(len(periods)), "period-INITIAL_FORMS": "0",
    } | fields  # fmt: skip
    for number, period in enumerate(periods):
        data |= {f"period-{number}-{name}": value for name, value in period.items()}
    return data


def test_a_flat_tariff_is_made(browser: Client, depot: Depot) -> None:
    response = post(browser, "/tariffs/add/", **form(price_per_session="1.5", tax_percent="19"))

    made = Tariff.objects.get()
    assert (made.name, made.currency, made.price_per_kwh, made.periods) == ("Night", "EUR", Decimal("0.30"), [])
    assert (made.price_per_session, made.tax_percent) == (Decimal("1.5"), Decimal(19))
    assert "Night is there" in flash(response)


def test_a_tariff_by_the_clock_is_made(browser: Client, depot: Depot) -> None:
    night = {"label": "Night", "weekdays": ["1", "2"], "begins": "22", "ends": "6:00", "price_per_kwh": "0.120"}
    winter = {"begins": "", "ends": "", "first_month": "11", "last_month": "2", "price_per_kwh": "0"}
    empty = {"label": "", "begins": "", "ends": "", "price_per_kwh": ""}

    post(browser, "/tariffs/add/", **form(night, winter, empty))

    assert Tariff.objects.get().periods == [
        {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.12", "weekdays": [1, 2]},
        {"label": "", "from": "00:00", "to": "24:00", "price_per_kwh": "0", "months": [1, 2, 11, 12]},
    ]


@pytest.mark.parametrize(
    ("fields", "period", "why"),
    [
        ({"price_per_kwh": "-1"}, {}, "greater than or equal to 0"),
        ({"price_per_kwh": ""}, {}, "This field is required"),
        ({"name": "site price"}, {}, "There is a tariff of this name"),
        ({"currency": "12€"}, {}, "Three letters"),
        ({"tax_percent": "200"}, {}, "less than or equal to 100"),
        ({}, {"begins": "25:00", "price_per_kwh": "1"}, "A time of day such as 16:00"),
        ({}, {"begins": "06:00", "ends": "06:00", "price_per_kwh": "1"}, "It ends when it begins"),
        ({}, {"label": "Night", "price_per_kwh": ""}, "What does it cost then?"),
        ({}, {"first_month": "3", "price_per_kwh": "1"}, "Say both the first and the last month"),
    ],
)
def test_a_tariff_that_cannot_be_is_refused_in_words(
    browser: Client, depot: Depot, fields: dict[str, str], period: dict[str, str], why: str
) -> None:
    tariff("Site price")

    response = post(browser, "/tariffs/add/", **form(*[period] if period else [], **fields))

    assert why in words(response)
    assert Tariff.objects.count() == 1


def test_looking_at_the_week_keeps_nothing(browser: Client, depot: Depot) -> None:
    data = form({"begins": "16:00", "ends": "21:00", "price_per_kwh": "0.5"})
    del data["keep"]

    page = browser.post("/tariffs/add/", data | {"look": "1"})

    assert not Tariff.objects.exists()
    assert '<table class="week">' in page.content.decode()
    assert "0.50" in words(page)


def test_more_rows_keep_what_was_typed(browser: Client, depot: Depot) -> None:
    data = form({"label": "Peak", "begins": "16:00", "price_per_kwh": "0.5"})
    del data["keep"]

    page = browser.post("/tariffs/add/", data | {"more": "1"})

    rows = page.context["rows"]
    assert len(rows) == 4
    assert rows[0]["label"].value() == "Peak"
    assert not Tariff.objects.exists()


def test_a_change_is_a_new_version(browser: Client, depot: Depot) -> None:
    old = tariff()

    response = post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.35"))

    old.refresh_from_db()
    newer = Tariff.objects.get(version=2)
    assert (old.price_per_kwh, old.replaced_by) == (Decimal("0.30"), newer)
    assert newer.price_per_kwh == Decimal("0.35")
    assert "version 2" in flash(response)
    assert AuditEntry.objects.get().detail == {"version": 2}


def test_saving_what_is_there_makes_no_version(browser: Client, depot: Depot) -> None:
    old = tariff(
        price_per_kwh=Decimal("0.41522"),
        periods=[{"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.12"}],
    )
    page = browser.get(f"/tariffs/{old.pk}/change/")
    shown = page.context["form"].initial
    (night, *_) = page.context["rows"]
    names = ("label", "begins", "ends", "price_per_kwh", "weekdays")

    response = post(
        browser, f"/tariffs/{old.pk}/change/", **form({name: night[name].value() for name in names}, **shown)
    )

    assert "is unchanged" in flash(response)
    assert Tariff.objects.count() == 1


def test_a_price_can_be_announced_for_later_and_not_for_before(browser: Client, depot: Depot) -> None:
    old = tariff()

    before = post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.35", valid_from="2026-01-01"))
    post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.35", valid_from="2026-04-01"))

    assert "A new price cannot hold in the past" in words(before)
    # The beginning of the day on the depot's wall, Berlin.
    assert Tariff.objects.get(version=2).valid_from == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_an_older_version_is_not_changed_twice(browser: Client, depot: Depot) -> None:
    old = tariff()
    post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.35"))

    response = post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.36"))

    assert "Somebody made a newer version meanwhile" in words(response)
    assert Tariff.objects.count() == 2


def test_a_tariff_says_where_it_is_used_and_its_versions(browser: Client, depot: Depot) -> None:
    old = tariff()
    Depot.objects.update(tariff=old)
    post(browser, f"/tariffs/{old.pk}/change/", **form(price_per_kwh="0.35"))
    newer = Tariff.objects.get(version=2)

    page = words(browser.get(f"/tariffs/{newer.pk}/"))

    assert "Northgate" in page
    assert "Version 1" in page
    assert "Northgate" in words(browser.get("/tariffs/"))


def test_tariffs_are_shared_and_changed_by_who_sees_all(depot: Depot) -> None:
    shared = tariff()
    manager = signed_in(make_user("mia", Role.FLEET_MANAGER, depots=[depot]))

    assert manager.get(f"/tariffs/{shared.pk}/").status_code == 200
    assert manager.get(f"/tariffs/{shared.pk}/change/").status_code == 403


def test_no_tariff_yet_says_what_that_means(browser: Client, depot: Depot) -> None:
    assert "sessions are counted in kWh and have no cost" in words(browser.get("/tariffs/"))


@pytest.mark.parametrize(
    ("said", "clock"), [("9", "09:00"), ("0930", "09:30"), ("9.30", "09:30"), ("24:00", "24:00"), ("", "24:00")]
)
def test_a_time_is_typed_in_several_ways(said: str, clock: str) -> None:
    assert clock_time(said, "24:00", latest="24:00") == clock


@pytest.mark.parametrize("first", range(1, 13))
@pytest.mark.parametrize("last", range(1, 13))
def test_a_season_comes_back_as_it_was_typed(first: int, last: int) -> None:
    months = months_between(first, last)

    whole_year = len(months) == 12
    assert season_of(months) == ((None, None) if whole_year else (first, last))


def test_months_with_gaps_survive_a_change_of_something_else(browser: Client, depot: Depot) -> None:
    old = tariff(periods=[{"from": "00:00", "to": "06:00", "months": [1, 3, 5], "price_per_kwh": "0.1", "label": ""}])
    (row,) = initial_of(old)

    post(
        browser, f"/tariffs/{old.pk}/change/",
        **form({key: value or "" for key, value in row.items()}, price_per_kwh="0.44"),
    )  # fmt: skip

    assert row["kept_months"] == "1,3,5"
    assert Tariff.objects.get(version=2).periods[0]["months"] == [1, 3, 5]


def test_numbers_and_periods_are_said_as_people_write_them() -> None:
    assert price(Decimal("0.30000")) == "0.30"
    assert price(Decimal("0.41522")) == "0.41522"
    assert price(Decimal(0)) == "0.00"
    assert short(Decimal("11.30")) == "11.3"
    assert short(Decimal(100)) == "100"
    assert period_words({"from": "22:00", "to": "06:00", "weekdays": [1, 2, 3, 5], "months": [6, 7, 8]}) == (
        "22:00 to 06:00, Mon to Wed and Fri, Jun to Aug"
    )
