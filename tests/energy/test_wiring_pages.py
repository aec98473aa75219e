"""Pages of circuits, meters and the utility's tariff, and the sums on them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chargers.models import IssuedCommand
from depot.access.models import AuditEntry, Role, User
from depot.energy.delivery.models import Fallback, Target
from depot.energy.delivery.services import carry_on
from depot.energy.models import Circuit, EnergySettings, MeterSource, PlanMark, SiteTariff, Wiring
from depot.energy.wiring_pages.tree import tree_of
from depot.models import Bay, Depot
from tests.access import actors
from tests.energy.delivery.talk import limits
from tests.energy.rows import make_circuit, make_interval, make_peak, make_source, make_tariff, wired_bay
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def depot() -> Depot:
    return make_depot()


@pytest.fixture
def manager() -> Client:
    return browser(actors.person(Role.FLEET_MANAGER))


def text(client: Client, path: str) -> str:
    return plain(client.get(path).content.decode())


def plain(html: str) -> str:
    words = re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", words)


def circuit_form(**said: Any) -> dict[str, Any]:
    return {"name": "Grid", "feeds_from": "", "limit_a": "", "limit_w": "", "voltage_v": 230, "reserved_w": ""} | said


def wiring_form(circuit: Circuit, **said: Any) -> dict[str, Any]:
    return {
        "circuit": circuit.pk, "lines": "231", "control": "managed", "rating_w": "11", "min_current_a": "6",
        "fallback_w": "", "fallback_rank": "0", "efficiency": "0.9", "max_discharge_w": "",
        "discharge_efficiency": "0.9",
    } | said  # fmt: skip


def hold_fallback(bay: Bay) -> None:
    assert bay.evse
    Target.objects.create(evse=bay.evse, depot=bay.depot, fallback_state=Fallback.HELD)


def test_a_manager_draws_the_tree(depot: Depot, manager: Client) -> None:
    manager.post("/wiring/circuits/add/", circuit_form(limit_w="250", reserved_w="40"))
    grid = Circuit.objects.get()
    manager.post("/wiring/circuits/add/", circuit_form(name="Panel A", feeds_from=grid.pk, limit_a="125"))

    panel = Circuit.objects.get(name="Panel A")
    assert (grid.limit_w, grid.reserved_w) == (250_000, 40_000)
    assert panel.feeds_from == grid
    assert panel.limit_a == 125
    assert PlanMark.objects.get().why == "circuit Panel A added"
    assert AuditEntry.objects.filter(act="added circuit").count() == 2
    assert "fed by Grid" in text(manager, "/wiring/")


def test_with_the_grid_connections_limit_every_charger_of_the_depot_shares_it_at_once(
    depot: Depot, manager: Client
) -> None:
    Depot.objects.update(site_limit_w=20_000)
    for name, known in (("A01", {"max_w": 22_080}), ("A02", {"max_w": 7_360, "phases": 1}), ("A03", {"max_w": None})):
        make_bay(depot, name, evse=make_evse(make_charger(), **known))
    offered = text(manager, "/wiring/circuits/add/")

    manager.post("/wiring/circuits/add/", circuit_form(limit_w="20", wire_all="on", usual_rating_w="22"))
    carry_on(depot, now=THURSDAY)

    assert "All chargers hang on it" in offered
    wirings = Wiring.objects.order_by("evse__bay__name").values_list("lines", "rating_w", "control")
    assert list(wirings) == [("123", 22_080, "managed"), ("1", 7_360, "managed"), ("123", 22_000, "managed")]
    assert PlanMark.objects.get().why == "circuit Grid added"
    told = IssuedCommand.objects.filter(kind="install_profile")
    assert told.values("charger").distinct().count() == 3
    watts = {wiring.evse.charger_id: 230 * len(wiring.lines) for wiring in Wiring.objects.select_related("evse")}
    assert sum(limits(each)[0] * watts[each.charger_id] for each in told) <= 20_000


def test_what_is_not_limited_yet_needs_the_most_that_it_can_draw(depot: Depot, manager: Client) -> None:
    make_bay(depot, "A01", evse=make_evse(make_charger(), max_w=None))

    page = manager.post("/wiring/circuits/add/", circuit_form(limit_w="20", wire_all="on"))

    assert "counts at the most that it can draw" in plain(page.content.decode())
    assert not Circuit.objects.exists()


def test_a_circuit_never_hangs_on_what_it_feeds(depot: Depot, manager: Client) -> None:
    grid = make_circuit(depot)
    panel = make_circuit(depot, "Panel", grid)
    supply = make_circuit(depot, "Supply", panel)

    manager.post(f"/wiring/circuits/{panel.pk}/", circuit_form(name="Panel", feeds_from=supply.pk))

    panel.refresh_from_db()
    assert panel.feeds_from == grid


def test_a_circuit_in_use_stays(depot: Depot, manager: Client) -> None:
    wired_bay(depot)

    manager.post(f"/wiring/circuits/{make_circuit(depot).pk}/delete/")

    assert Circuit.objects.exists()


def test_an_evse_is_wired_and_taken_off_again(depot: Depot, manager: Client) -> None:
    grid, bay = make_circuit(depot), make_bay(depot)
    assert "On no circuit yet" in text(manager, "/wiring/")

    manager.post(f"/wiring/evses/{bay.evse_id}/", wiring_form(grid, control="start_stop"))
    wiring = Wiring.objects.get()
    manager.post(f"/wiring/evses/{bay.evse_id}/remove/")

    assert (wiring.site_lines, wiring.rating_w, wiring.control) == ((2, 3, 1), 11_000, "start_stop")
    assert not Wiring.objects.exists()


def test_the_form_of_a_wired_evse_says_where_it_hangs(depot: Depot, manager: Client) -> None:
    make_circuit(depot, "A grid")
    panel = make_circuit(depot, "Panel", Circuit.objects.get())
    bay = wired_bay(depot, circuit=panel)

    page = manager.get(f"/wiring/evses/{bay.evse_id}/").content.decode()

    assert f'<option value="{panel.pk}" selected>Panel</option>' in page


def test_evses_of_a_circuit_stand_by_bay(depot: Depot) -> None:
    grid = make_circuit(depot, limit_w=100_000)
    for name in ("B10", "A2", "A10"):
        wired_bay(depot, circuit=grid, name=name)

    (branch,) = tree_of(depot, THURSDAY).branches

    assert [outlet.name.split(":")[0] for outlet in branch.outlets] == ["A2", "A10", "B10"]


def test_the_sums_are_shown_before_a_wiring_is_kept(depot: Depot, manager: Client) -> None:
    grid = make_circuit(depot, limit_w=20_000)
    wired_bay(depot)
    bay = make_bay(depot)

    page = plain(manager.post(f"/wiring/evses/{bay.evse_id}/", wiring_form(grid, look="1")).content.decode())

    assert "not saved yet" in page
    assert "+ 22 kW too much" in page
    assert Wiring.objects.count() == 1


def test_two_points_on_one_supply_are_guaranteed_by_what_they_fall_back_to(depot: Depot) -> None:
    supply = make_circuit(depot, "Supply", make_circuit(depot, limit_w=100_000), limit_a=20)
    bays = [wired_bay(depot, circuit=supply) for _ in range(2)]

    before = tree_of(depot, THURSDAY).branches[1].sums
    for bay in bays:
        hold_fallback(bay)
    after = tree_of(depot, THURSDAY).branches[1].sums

    (amperes,) = before.sums
    assert (amperes.limit, amperes.fallbacks) == (20.0, 12.0)
    assert amperes.ratings == pytest.approx(2 * 11_000 / 690)
    assert (before.is_guaranteed, before.fits_by_fallbacks, after.is_guaranteed) == (False, True, True)
    assert {share.why_not for share in before.unguarded} == {"has not confirmed its fallback yet"}


def test_the_page_says_because_of_whom_a_circuit_is_not_guaranteed(depot: Depot, manager: Client) -> None:
    make_circuit(depot, limit_w=12_000, reserved_w=5_000)
    kept, other = wired_bay(depot, "A01"), wired_bay(depot, "A02")
    hold_fallback(kept)

    page = text(manager, "/wiring/")

    assert "Not every circuit is guaranteed" in page
    because = page[page.index("because of") :]
    assert f"{other.name}: {other.evse.charger}, EVSE 1 has not confirmed" in because  # type: ignore[union-attr]
    assert "A01:" not in because[: because.index("EVSE Lines")]


def test_what_takes_no_limit_counts_at_its_rating(depot: Depot, manager: Client) -> None:
    make_circuit(depot, limit_w=8_000)
    wired_bay(depot, wiring={"control": "uncontrollable"})

    (branch,) = tree_of(depot, THURSDAY).branches

    assert (branch.sums.sums[0].fallbacks, branch.sums.is_guaranteed) == (11_000.0, False)
    assert "Only its breaker" in text(manager, "/wiring/")


@pytest.mark.parametrize(("limit_w", "is_said"), [(8_500, True), (12_000, False), (22_000, False)])
def test_the_page_says_where_fallbacks_leave_hardly_anything_to_plan_with(
    depot: Depot, manager: Client, limit_w: int, is_said: bool
) -> None:
    make_circuit(depot, limit_w=limit_w)
    for _ in range(2):
        hold_fallback(wired_bay(depot, wiring={"fallback_w": 4_140}))

    page = text(manager, "/wiring/")

    assert ("Plans can give 0.2 kW of it above the fallbacks" in page) == is_said
    assert ("leave more to plan with" in page) == is_said


def test_single_phases_count_on_their_own_line(depot: Depot) -> None:
    make_circuit(depot, limit_a=40)
    for lines in ("1", "1", "2"):
        wired_bay(depot, wiring={"lines": lines, "rating_w": 6_900}, evse={"phases": 1})

    (amperes,) = tree_of(depot, THURSDAY).branches[0].sums.sums

    assert (amperes.line, amperes.ratings, amperes.fits_at_ratings) == (1, 60.0, False)


def test_the_adoption_of_a_charger_shows_what_circuits_bear(depot: Depot) -> None:
    engineer = browser(actors.person(Role.ENGINEER))
    make_circuit(depot, limit_w=8_000)
    evse = make_evse()

    page = text(engineer, f"/chargers/{evse.charger_id}/connect/")

    assert "What the circuits bear" in page
    assert "It hangs on no circuit yet" in page
    assert "Wire EVSE 1" in page


def test_a_viewer_sees_and_changes_nothing(depot: Depot) -> None:
    wired_bay(depot)
    viewer = browser(actors.person(Role.VIEWER))

    page = viewer.get("/wiring/").content.decode()

    assert "Grid" in page
    assert "/wiring/circuits/" not in page
    assert "/wiring/evses/" not in page


def test_a_meter_is_one_figure_or_is_measured(depot: Depot, manager: Client) -> None:
    form = {"name": "Hall", "kind": "building", "circuit": "", "stale_after_s": "60"}
    manager.post("/wiring/meters/add/", form | {"is_measured": "no", "figure": "12.5"})
    hall = MeterSource.objects.get()
    assert hall.constant == 12_500
    assert hall.stale_after_s == 60
    assert "12.5 kW one figure, always" in text(manager, "/wiring/meters/")

    manager.post(f"/wiring/meters/{hall.pk}/", form | {"is_measured": "yes", "figure": ""})

    assert "Nothing heard yet" in text(manager, "/wiring/meters/")
    assert f"/api/v1/meters/{hall.pk}/samples/" in text(manager, f"/wiring/meters/{hall.pk}/")


def test_a_second_meter_of_the_connection_is_refused(depot: Depot, manager: Client) -> None:
    make_source(depot, "grid")

    manager.post(
        "/wiring/meters/add/", {"name": "2", "kind": "grid", "circuit": "", "stale_after_s": "60", "is_measured": "yes"}
    )

    assert MeterSource.objects.count() == 1


def management(prefix: str, count: int) -> dict[str, Any]:
    return {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": 0}


def row(prefix: str, number: int, **said: Any) -> dict[str, Any]:
    return {f"{prefix}-{number}-{name}": value for name, value in said.items()}


def test_a_tariff_is_written_in_rows(depot: Depot, manager: Client) -> None:
    manager.post(
        "/wiring/tariffs/add/",
        {
            "name": "Utility", "valid_from": "2026-01-01", **management("energy", 2), **management("demand", 1),
            **management("seasons", 0), **management("export", 1),
            **row("energy", 0, label="Peak", begins="16", ends="21", weekdays=["1", "2"], price_per_kwh="0.40"),
            **row("energy", 1, begins="", ends="", price_per_kwh="0.15"),
            **row("demand", 0, label="any time", price_per_kwh="15.51", interval_min="30"),
            **row("export", 0, price_per_kwh="0.05"),
        },
    )  # fmt: skip

    terms = SiteTariff.objects.get().terms
    peak, rest = terms["energy"]
    assert (peak["from"], peak["to"], peak["weekdays"], peak["price_per_kwh"]) == ("16:00", "21:00", [1, 2], "0.4")
    assert rest["price_per_kwh"] == "0.15"
    charge = terms["demand"][0]
    assert (charge["name"], charge["price_per_kw"], charge["interval_min"]) == ("any time", "15.51", 30)
    assert [entry["price_per_kwh"] for entry in terms["export"]] == ["0.05"]


def test_a_tariff_in_rows_comes_back_as_it_was(depot: Depot, manager: Client) -> None:
    terms = {
        "currency": "EUR",
        "energy": [{"label": "", "from": "00:00", "to": "24:00", "price_per_kwh": "0.2"}],
        "demand": [{"name": "any time", "price_per_kw": "9", "from": "00:00", "to": "24:00", "interval_min": 15}],
        "subscription": {"block_kw": 50.0, "price_per_block": "95.56", "overage_per_kw": "3.82", "blocks": 4},
    }
    tariff = make_tariff(depot, terms)
    shown = manager.get(f"/wiring/tariffs/{tariff.pk}/")

    form, *sets = (shown.context[name] for name in ("form", "energy", "demand", "seasons"))
    fields = [*form, *(field for rows in sets for one in rows for field in one)]
    told = {field.html_name: field.value() for field in fields if field.value() is not None}
    sizes = {key: value for rows in sets for key, value in management(rows.prefix, len(list(rows))).items()}
    manager.post(f"/wiring/tariffs/{tariff.pk}/", told | sizes)

    tariff.refresh_from_db()
    assert tariff.terms == terms


def test_terms_that_rows_cannot_say_are_changed_as_they_are_written(depot: Depot, manager: Client) -> None:
    both = {"season": "Summer", "months": [6, 7], "price_per_kwh": "2"}
    terms = {"seasons": {"Summer": [["06-15", "09-14"]]}, "energy": [both, {"price_per_kwh": "1"}]}
    tariff = make_tariff(depot, terms)
    assert "as_written" in manager.get(f"/wiring/tariffs/{tariff.pk}/").content.decode()
    said = {"name": "Utility", "valid_from": "2026-01-01", "as_written": "1"}

    manager.post(f"/wiring/tariffs/{tariff.pk}/", said | {"written": '{"energy": []}'})
    tariff.refresh_from_db()
    assert tariff.terms == terms
    manager.post(f"/wiring/tariffs/{tariff.pk}/", said | {"written": '{"energy": [{"price_per_kwh": "2"}]}'})

    tariff.refresh_from_db()
    assert tariff.terms == {"energy": [{"price_per_kwh": "2"}]}


def test_the_page_says_what_one_more_kilowatt_costs(
    depot: Depot, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot.energy.wiring_pages.tariff_views.clock.now", lambda: THURSDAY)
    make_tariff(
        depot, {"energy": [{"price_per_kwh": "0.2"}], "demand": [{"name": "any time", "price_per_kw": "15.51"}]}
    )
    make_peak(depot, window="any time", kw=33)

    assert "any time : up to 33 kW nothing more; each kW above that costs 15.51 EUR" in text(
        manager, "/wiring/tariffs/"
    )


def test_the_highest_of_another_month_is_not_this_ones(
    depot: Depot, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot.energy.wiring_pages.tariff_views.clock.now", lambda: THURSDAY)
    make_tariff(
        depot, {"energy": [{"price_per_kwh": "0.2"}], "demand": [{"name": "any time", "price_per_kw": "15.51"}]}
    )
    make_peak(depot, window="any time", kw=33, starts_on=THURSDAY.date() - timedelta(days=60), at=THURSDAY)

    assert "up to 0 kW nothing more" in (said := text(manager, "/wiring/tariffs/"))
    assert "No peak metered yet this month" in said


@pytest.mark.parametrize(
    ("kw", "said"),
    [
        (33, "capacity : up to 50 kW nothing more; above that 2200.00 EUR at once, up to 100 kW"),
        (70, "capacity : up to 100 kW nothing more; above that 4300.00 EUR at once"),
        (110, "capacity : more power adds nothing this month"),
    ],
)
def test_it_says_what_the_next_step_costs(
    depot: Depot, manager: Client, monkeypatch: pytest.MonkeyPatch, kw: float, said: str
) -> None:
    monkeypatch.setattr("depot.energy.wiring_pages.tariff_views.clock.now", lambda: THURSDAY)
    steps = [{"up_to_kw": 50, "price": "2500"}, {"up_to_kw": 100, "price": "4700"}, {"price": "9000"}]
    make_tariff(depot, {"energy": [{"price_per_kwh": "0.2"}], "demand": [{"name": "capacity", "steps": steps}]})
    make_peak(depot, window="capacity", kw=kw)

    assert said in text(manager, "/wiring/tariffs/")


def test_where_days_are_charged_it_says_what_one_more_costs_today(
    depot: Depot, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depot.energy.wiring_pages.tariff_views.clock.now", lambda: THURSDAY)
    demand = {"name": "hours", "price_per_kw": "30", "mean_of_days": 3}
    make_tariff(depot, {"energy": [{"price_per_kwh": "0.2"}], "demand": [demand]})
    for day, grid_wh in enumerate((10_000, 12_000, 9_000), 1):
        make_interval(depot, starts_at=THURSDAY - timedelta(days=day), grid_wh=grid_wh)
    make_peak(depot, window="hours", kw=41.333, starts_on=THURSDAY.date().replace(day=1), at=THURSDAY)

    said = text(manager, "/wiring/tariffs/")

    assert "hours : up to 36 kW today nothing more; each kW above that costs 10.00 EUR" in said
    assert "Mean of 3 days so far 41.3 kW" in said


def test_what_the_planner_goes_by_is_kept(depot: Depot, manager: Client) -> None:
    manager.post("/wiring/settings/", {"default_departure": "5:30", "billing_day": "15", "margin_percent": "3"})

    row = EnergySettings.objects.get(depot=depot)
    assert (f"{row.default_departure:%H:%M}", row.billing_day, row.margin_percent) == ("05:30", 15, 3.0)
    assert row.may_export is False
