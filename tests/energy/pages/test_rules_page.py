"""Rules as sentences: what is told becomes rules, in their order; a change is compared, used, and turned round."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.energy.models import PlanMark, Rule
from depot.energy.pages.dst import next_jumps, touched
from depot.energy.pages.models import RuleChange
from tests.energy.pages.scene import EVENING, Evening
from tests.energy.rows import make_rule
from tests.factories import make_user

pytestmark = pytest.mark.django_db

BLANK: dict[str, Any] = {
    "rule": "", "from_time": "", "to_time": "", "weekdays": list("1234567"), "where": "depot", "kw": "", "price": "",
    "leaves_before": "", "except_leaves_before": "",
}  # fmt: skip


def sentences(*told: dict[str, Any], do: str = "use") -> dict[str, Any]:
    """As the page's form sends them."""
    data: dict[str, Any] = {"do": do, "row": []}
    for number, one in enumerate(told, 1):
        key = f"r{one['rule']}" if one.get("rule") else f"n{number}"
        data["row"].append(key)
        data |= {f"{key}-{name}": value for name, value in (BLANK | one).items()}
    return data


AT_MOST = {"kind": "at_most", "from_time": "22:00", "to_time": "06:00", "kw": "7.2"}
NOTHING = {"kind": "nothing", "from_time": "16:00", "to_time": "19:00", "weekdays": list("12345")}
FIRST = {"kind": "first", "leaves_before": "05:00"}


def known(rule: Rule, **other: Any) -> dict[str, Any]:
    hours = {"from_time": f"{rule.from_time:%H:%M}", "to_time": f"{rule.to_time:%H:%M}"} if rule.from_time else {}
    return {"kind": rule.kind, "rule": rule.pk, **hours} | other


def standing() -> list[Rule]:
    return list(Rule.objects.filter(taken_back_at=None, active_from__isnull=False).order_by("position", "pk"))


def test_sentences_become_rules_in_their_order(manager: Client, evening: Evening) -> None:
    manager.post("/energy/rules/", sentences(AT_MOST, NOTHING, FIRST))

    most, nothing, first = standing()
    assert (most.kind, most.limit_w, most.from_time, most.to_time) == ("at_most", 7_200, time(22), time(6))
    assert (nothing.kind, nothing.weekdays) == ("nothing", "12345")
    assert (first.kind, first.leaves_before, first.from_time) == ("first", time(5), None)
    assert PlanMark.objects.get(depot=evening.depot).wanted_at == EVENING
    assert AuditEntry.objects.get(act="changed rules").user_name == "manager"


def test_a_comparison_changes_nothing(manager: Client, evening: Evening) -> None:
    answer = manager.post("/energy/rules/", sentences(AT_MOST, do="compare"))

    assert "3 of 3" in answer.content.decode()
    assert not Rule.objects.exists()
    assert not RuleChange.objects.exists()
    assert not PlanMark.objects.filter(wanted_at__isnull=False).exists()


def test_a_comparison_names_who_will_miss(manager: Client, evening: Evening) -> None:
    answer = manager.post("/energy/rules/", sentences(AT_MOST | {"kw": "1"}, do="compare")).content.decode()

    assert "0 of 3" in answer
    assert "Will miss" in answer


def test_what_says_the_same_stays_the_same_rule(manager: Client, evening: Evening) -> None:
    kept = make_rule(evening.depot, "nothing", from_time=time(16), to_time=time(19), position=10)

    manager.post("/energy/rules/", sentences(known(kept), FIRST))

    assert [rule.kind for rule in standing()] == ["nothing", "first"]
    assert standing()[0] == kept


def test_a_changed_sentence_is_another_rule_and_the_old_one_is_kept(manager: Client, evening: Evening) -> None:
    old = make_rule(evening.depot, "nothing", from_time=time(16), to_time=time(19))

    manager.post("/energy/rules/", sentences(known(old, to_time="20:00")))

    old.refresh_from_db()
    assert old.taken_back_at == EVENING
    assert [rule.to_time for rule in standing()] == [time(20)]


@pytest.mark.parametrize("positions", [(0, 1), (0, 10), (10, 11)])
def test_a_new_sentence_stands_where_it_was_put(manager: Client, evening: Evening, positions: tuple[int, int]) -> None:
    first, last = (
        make_rule(evening.depot, "nothing", from_time=time(hour), to_time=time(hour + 1), position=position)
        for hour, position in zip((1, 3), positions, strict=True)
    )

    manager.post("/energy/rules/", sentences(FIRST, known(first), AT_MOST, known(last)))

    said = [(rule.kind, rule.from_time) for rule in standing()]
    assert said == [("first", None), ("nothing", time(1)), ("at_most", time(22)), ("nothing", time(3))]


def test_two_that_change_places_do(manager: Client, evening: Evening) -> None:
    one = make_rule(evening.depot, "nothing", from_time=time(1), to_time=time(2), position=0)
    other = make_rule(evening.depot, "nothing", from_time=time(3), to_time=time(4), position=10)

    manager.post("/energy/rules/", sentences(known(other), known(one)))

    assert [rule.from_time for rule in standing()] == [time(3), time(1)]


def test_undone_the_rules_are_as_before(manager: Client, evening: Evening) -> None:
    old = make_rule(evening.depot, "nothing", from_time=time(16), to_time=time(19))
    manager.post("/energy/rules/", sentences(AT_MOST))

    manager.post(f"/energy/rules/{RuleChange.objects.get().pk}/undo/")

    [again] = standing()
    assert (again.kind, again.from_time, again.to_time) == ("nothing", old.from_time, old.to_time)
    change = RuleChange.objects.get()
    assert (change.undone_at, str(change.undone_by)) == (EVENING, "manager")


def test_only_the_newest_change_is_undone(manager: Client, evening: Evening) -> None:
    manager.post("/energy/rules/", sentences(AT_MOST))
    manager.post("/energy/rules/", sentences(known(standing()[0], kw="7.2"), FIRST))

    manager.post(f"/energy/rules/{RuleChange.objects.order_by('pk').first().pk}/undo/")  # type: ignore[union-attr]

    assert len(standing()) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from_time": "25:00"}, "write the hour as hh:mm"),
        ({"to_time": ""}, "Tell both hours"),
        ({"kw": ""}, "How many kilowatts?"),
        ({"kw": "-1"}, "greater than or equal to 0"),
        ({"weekdays": []}, "required"),
        ({"where": "bay:999999"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_a_rule_is_said_and_nothing_changes(
    manager: Client, evening: Evening, wrong: dict[str, Any], said: str
) -> None:
    answer = manager.post("/energy/rules/", sentences(AT_MOST | wrong))

    assert said in answer.content.decode()
    assert not Rule.objects.exists()


def test_a_clash_is_named_with_its_hours_and_who_wins(manager: Client, evening: Evening) -> None:
    make_rule(evening.depot, "nothing", from_time=time(21), to_time=time(22, 30), position=0)
    make_rule(evening.depot, "at_most", from_time=time(22), to_time=time(6), limit_w=7_200, position=10)

    said = manager.get("/energy/rules/").content.decode()

    assert "Rules 1 and 2 overlap every day from 22:00 to 22:30: rule 1 wins." in said


def test_a_night_without_an_hour_is_said_of_a_rule_that_meets_it(manager: Client, evening: Evening) -> None:
    make_rule(evening.depot, "nothing", from_time=time(1), to_time=time(4))

    said = manager.get("/energy/rules/").content.decode()

    assert "On 29 March 02:00–03:00 does not exist." in said
    assert "On 25 October 02:00–03:00 comes twice." in said


def test_a_viewer_reads_the_rules_and_has_no_form(client: Client, evening: Evening) -> None:
    make_rule(evening.depot, "nothing", from_time=time(16), to_time=time(19))
    client.force_login(make_user("viewer", Role.VIEWER))

    said = client.get("/energy/rules/").content.decode()

    assert "from 16:00 to 19:00: do not charge" in said
    assert "rules-form" not in said


def test_rows_are_added_moved_and_removed_without_a_script(manager: Client, evening: Evening) -> None:
    added = manager.post("/energy/rules/", sentences(AT_MOST, do="add first")).content.decode()
    moved = manager.post("/energy/rules/", sentences(AT_MOST, FIRST, do="up n2")).content.decode()
    removed = manager.post("/energy/rules/", sentences(AT_MOST, FIRST, do="remove n1")).content.decode()

    assert 'id="rule-n2"' in added
    assert moved.index('id="rule-n2"') < moved.index('id="rule-n1"')
    assert 'id="rule-n1"' not in removed


def test_a_zone_that_does_not_jump_has_no_such_night() -> None:
    assert next_jumps(ZoneInfo("Asia/Kolkata"), datetime(2026, 3, 1, tzinfo=UTC)) == []


def test_a_rule_of_the_day_meets_no_jump() -> None:
    jumps = next_jumps(ZoneInfo("America/Los_Angeles"), datetime(2026, 1, 1, tzinfo=UTC))

    assert [(jump.on.month, jump.is_missing) for jump in jumps] == [(3, True), (11, False)]
    assert touched(jumps, time(16), time(19)) == []
    assert [jump.begins for jump in touched(jumps, time(22), time(6))] == [time(2), time(1)]
