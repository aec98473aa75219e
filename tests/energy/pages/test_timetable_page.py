"""The timetable by hand and by spreadsheet."""

from datetime import time

import pytest
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.energy.models import Habit, PlanMark, Timetable
from depot.energy.pages.timetable_forms import days_told
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening
from tests.factories import make_depot, make_user, make_vehicle

pytestmark = pytest.mark.django_db

REST_OF_IT = {"priority": "1", "lowest_soc_percent": "30", "wear_per_kwh": "0"}


@pytest.fixture
def evening(business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    return make_evening()


def lines_of(number: str) -> list[tuple[str, time]]:
    rows = Timetable.objects.filter(vehicle__unit_number=number)
    return sorted(rows.values_list("weekdays", "leaves_at"))


def test_the_page_says_of_each_vehicle_when_it_leaves_and_what_holds_without_a_line(
    manager: Client, evening: Evening
) -> None:
    make_vehicle("Van 9", depot_key=evening.depot.pk)

    page = manager.get("/timetable/").content.decode()

    assert "04:30 every day, 40.0\u00a0kWh" in page
    assert "06:00 every day, back 23:00, at A3, 20.0\u00a0kWh" in page
    assert "1 has no line: planned for 06:00" in page


def test_what_stands_in_the_rows_is_the_vehicles_timetable(manager: Client, evening: Evening) -> None:
    told = {
        "line0-leaves_at": "05:15", "line0-weekdays": ["1", "2"], "line0-energy_kwh": "33.5", "line0-priority": "0",
        "line1-leaves_at": "08:00", "line1-weekdays": ["6"], "line1-target_percent": "80",
        "line2-leaves_at": "",
        "priority": "2", "lowest_soc_percent": "30", "wear_per_kwh": "0.05",
    }  # fmt: skip

    answer = manager.post(f"/timetable/{evening.vans[0].pk}/", told)

    assert answer.status_code == 302
    assert lines_of("Van 1") == [("12", time(5, 15)), ("6", time(8, 0))]
    first = Timetable.objects.get(vehicle=evening.vans[0], weekdays="12")
    assert (first.energy_wh, first.priority) == (33_500, 0)
    assert Habit.objects.get(vehicle=evening.vans[0]).priority == 2
    assert "timetable changed" in PlanMark.objects.get(depot=evening.depot).why
    assert AuditEntry.objects.filter(act="changed the timetable").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"line0-leaves_at": "25:00", "line0-weekdays": ["1"]}, "write the hour as hh:mm"),
        ({"line0-leaves_at": "05:00"}, "On which days?"),
        ({"line0-leaves_at": "", "line0-energy_kwh": "10"}, "When does it leave?"),
    ],
)
def test_a_wrong_row_is_said_and_nothing_changes(
    manager: Client, evening: Evening, wrong: dict[str, object], words: str
) -> None:
    rest = {"priority": "1", "lowest_soc_percent": "30", "wear_per_kwh": "0.05"}

    answer = manager.post(f"/timetable/{evening.vans[0].pk}/", {**wrong, **rest})

    assert words in answer.content.decode()
    assert lines_of("Van 1") == [("1234567", time(4, 30))]


def test_rows_of_a_spreadsheet_replace_the_lines_of_the_vehicles_they_name(manager: Client, evening: Evening) -> None:
    rows = "vehicle\tdays\tleaves\tcomes\tbay\tkWh\nVan 1\tMo-Fr\t05:30\t18:00\tA1\t41,5\nvan 1\tSa Su\t07:00\n"

    manager.post("/timetable/paste/", {"rows": rows})

    assert lines_of("Van 1") == [("12345", time(5, 30)), ("67", time(7, 0))]
    assert Timetable.objects.get(vehicle=evening.vans[0], weekdays="12345").energy_wh == 41_500
    assert lines_of("Van 2") == [("1234567", time(7, 0))]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Van 77;12345;05:30", "Row 2: no vehicle here is called “Van 77”."),
        ("Van 2;12345;05:30;;Z9", "Row 2: no bay is called “Z9”."),
        ("Van 2;Xy;05:30", "Row 2: “xy” is no day"),
        ("Van 2;12345;", "Row 2: it does not say when it leaves."),
    ],
)
def test_of_rows_with_a_wrong_one_nothing_is_kept(manager: Client, evening: Evening, row: str, words: str) -> None:
    answer = manager.post("/timetable/paste/", {"rows": f"Van 1;12345;05:30\n{row}"})

    assert words in answer.content.decode()
    assert lines_of("Van 1") == [("1234567", time(4, 30))]


@pytest.mark.parametrize(
    ("written", "days"),
    [("531", "135"), ("Mo-Fr", "12345"), ("sat sun", "67"), ("Fr-Mo", "1567"), ("Tuesday", "2")],
)
def test_days_are_read_as_people_write_them(written: str, days: str) -> None:
    assert "".join(days_told(written)) == days


def test_a_line_goes_back_as_it_came(manager: Client, evening: Evening) -> None:
    Timetable.objects.filter(vehicle=evening.vans[0]).update(energy_wh=41_111, weekdays="23456")
    forms = manager.get(f"/timetable/{evening.vans[0].pk}/").context["forms"]
    told = {field.html_name: field.value() or "" for form in forms for field in form}

    manager.post(f"/timetable/{evening.vans[0].pk}/", told | REST_OF_IT)

    line = Timetable.objects.get(vehicle=evening.vans[0])
    assert (line.energy_wh, line.weekdays, line.leaves_at) == (41_111, "23456", time(4, 30))
    assert "04:30 Tu\u2013Sa, 41.1\u00a0kWh" in manager.get("/timetable/").content.decode()


def test_a_dispatcher_reads_the_timetable_and_does_not_change_it(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))

    assert client.get("/timetable/").status_code == 200
    assert client.post(f"/timetable/{evening.vans[0].pk}/", {}).status_code == 403


def test_vehicles_of_another_depot_are_not_found(client: Client, evening: Evening) -> None:
    elsewhere = make_depot("Elsewhere")
    client.force_login(make_user("near", Role.FLEET_MANAGER, depots=[evening.depot]))
    stranger = make_vehicle("Van 50", depot_key=elsewhere.pk)

    assert client.get(f"/timetable/{stranger.pk}/").status_code == 404
