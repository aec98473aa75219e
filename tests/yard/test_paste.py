"""A pasted table: separators, titles, cells, verdicts."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.yard.cells import Unreadable, plain, read_number, read_until
from depot.yard.columns import COLUMNS, Kind, recognise, unit_of
from depot.yard.paste import (
    CLEAR,
    PasteUnreadable,
    Row,
    Verdict,
    compare,
    guess_columns,
    read_rows,
    read_table,
    separator_of,
)

VEHICLES = "Unit No.\tVIN\tBattery (kWh)\nVan 131\t1FTBW9CK6RKA00131\t89\n"


def rows_of(kind: Kind, text: str) -> list[Row]:
    table = read_table(text, kind)
    return read_rows(kind, table, guess_columns(kind, table))


def keys_of(rows: list[Row], name: str) -> list[str]:
    return [str(row.values.get(name, "")).casefold() for row in rows]


@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_a_table_is_read_whatever_its_separator(separator: str) -> None:
    text = VEHICLES.replace("\t", separator)

    (row,) = rows_of(Kind.VEHICLES, text)

    assert row.values == {"unit_number": "Van 131", "vin": "1FTBW9CK6RKA00131", "battery_kwh": Decimal("89.00")}


def test_a_comma_inside_a_cell_does_not_split_a_table_with_tabs() -> None:
    assert separator_of("Unit\tBattery\nVan 1\t89,5\nVan 2\t77,0") == "\t"


def test_a_decimal_comma_does_not_split_a_table_with_semicolons() -> None:
    (row,) = rows_of(Kind.VEHICLES, "Fahrzeug;Batterie (kWh)\nVan 1;89,5")

    assert row.values["battery_kwh"] == Decimal("89.50")


def test_a_quoted_cell_may_hold_the_separator() -> None:
    (row,) = rows_of(Kind.TOKENS, 'Card,Driver\n04A2,"Diaz, Rosa"')

    assert row.values["driver"] == "Diaz, Rosa"


@pytest.mark.parametrize(
    ("kind", "title", "name"),
    [
        (Kind.VEHICLES, "Unit No.", "unit_number"),
        (Kind.VEHICLES, "FAHRZEUG-NUMMER", "unit_number"),
        (Kind.VEHICLES, "Batteriekapazität [kWh]", "battery_kwh"),
        (Kind.VEHICLES, "battery_kwh", "battery_kwh"),
        (Kind.VEHICLES, "Max. AC (kW)", "max_ac_kw"),
        (Kind.CHARGERS, "Charge Point ID", "identity"),
        (Kind.CHARGERS, "chargeBoxId", "identity"),
        (Kind.BAYS, "Stellplatz", "name"),
        (Kind.TOKENS, "ID-Tag", "value"),
        (Kind.TOKENS, "Valid until", "expires_at"),
    ],
)
def test_a_column_is_known_by_the_titles_that_people_give_it(kind: Kind, title: str, name: str) -> None:
    column = recognise(kind, title)

    assert column is not None
    assert column.name == name


def test_no_title_means_two_columns_of_one_kind() -> None:
    for kind, columns in COLUMNS.items():
        spellings = [spelling for column in columns for spelling in column.spellings]
        assert sorted(spellings) == sorted(set(spellings)), kind


def test_every_spelling_is_written_as_titles_are_compared() -> None:
    for columns in COLUMNS.values():
        for column in columns:
            for spelling in column.spellings:
                assert plain(spelling) == spelling
            assert column.title


def test_the_first_of_two_columns_with_one_meaning_is_taken() -> None:
    table = read_table("Unit;Vehicle;VIN\nVan 1;1FT;", Kind.VEHICLES)

    assert guess_columns(Kind.VEHICLES, table) == ["unit_number", "", "vin"]


def test_a_table_without_titles_keeps_its_first_row_as_data() -> None:
    table = read_table("Van 131\t89\nVan 132\t89", Kind.VEHICLES)

    assert table.titles == ()
    assert [cells for _, cells in table.rows] == [("Van 131", "89"), ("Van 132", "89")]
    assert guess_columns(Kind.VEHICLES, table) == ["", ""]


def test_a_column_that_says_watts_is_read_in_watts() -> None:
    (row,) = rows_of(Kind.VEHICLES, "Unit\tMax AC (W)\nVan 1\t7 400")

    assert row.values["max_ac_kw"] == Decimal("7.40")


def test_a_unit_in_the_cell_outranks_the_title() -> None:
    (row,) = rows_of(Kind.VEHICLES, "Unit\tMax AC (W)\nVan 1\t11 kW")

    assert row.values["max_ac_kw"] == Decimal("11.00")


@pytest.mark.parametrize(("title", "unit"), [("Max AC (W)", "w"), ("Battery in kWh", "kwh"), ("Follow", ""), ("", "")])
def test_the_unit_of_a_title(title: str, unit: str) -> None:
    assert unit_of(title) == unit


@pytest.mark.parametrize(
    ("cell", "value"),
    [("89", "89"), ("89.5", "89.5"), ("89,5", "89.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1 234", "1234")],
)
def test_numbers_are_read_in_the_spellings_of_several_countries(cell: str, value: str) -> None:
    assert read_number(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "eleven", "1,2,3", "--1", "1e9", "NaN", "٣"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        read_number(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-12-31", "2027-01-01T00:00"),
        ("31.12.2026", "2027-01-01T00:00"),
        ("31/12/2026", "2027-01-01T00:00"),
        ("12/31/2026", "2027-01-01T00:00"),
        ("2026-12-31 18:30", "2026-12-31T18:30"),
    ],
)
def test_a_day_alone_holds_to_its_end(cell: str, moment: str) -> None:
    assert read_until(cell) == moment


def test_a_day_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    with pytest.raises(Unreadable, match="two ways"):
        read_until("03/04/2026")


@pytest.mark.parametrize("cell", ["tomorrow", "2026-02-30", "31.13.2026", "0001-01-01", "2026-12-31 25:00"])
def test_what_is_no_day_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        read_until(cell)


def test_blocked_yes_locks_a_card_out() -> None:
    (row,) = rows_of(Kind.TOKENS, "Card;Blocked\n04A2;yes")

    assert row.values["blocked"] == "blocked"


def test_a_bad_cell_makes_its_own_row_wrong_and_no_other() -> None:
    rows = rows_of(Kind.VEHICLES, "Unit;VIN\nVan 1;short\nVan 2;1FTBW9CK6RKA00131")

    proposals = compare(Kind.VEHICLES, rows, keys_of(rows, "unit_number"), {})

    assert [proposal.verdict for proposal in proposals] == [Verdict.WRONG, Verdict.NEW]
    assert "not a VIN" in proposals[0].row.problems[0]


def test_a_row_without_its_name_is_wrong() -> None:
    (row,) = rows_of(Kind.VEHICLES, "Unit;VIN\n;1FTBW9CK6RKA00131")

    assert row.problems == ["“Unit number” is empty."]


def test_a_paste_without_the_naming_column_is_wrong_in_every_row() -> None:
    (row,) = rows_of(Kind.VEHICLES, "VIN\n1FTBW9CK6RKA00131")

    assert row.problems == ["No column was chosen as “Unit number”."]


def test_a_name_told_twice_is_wrong_the_second_time() -> None:
    rows = rows_of(Kind.VEHICLES, "Unit;Target\nVan 1;80\nvan 1;90")

    proposals = compare(Kind.VEHICLES, rows, keys_of(rows, "unit_number"), {})

    assert [proposal.verdict for proposal in proposals] == [Verdict.NEW, Verdict.WRONG]
    assert proposals[1].row.problems == ["Line 2 says the same name already."]


def test_a_change_shows_old_and_new() -> None:
    rows = rows_of(Kind.VEHICLES, "Unit;Target\nVan 1;90")

    (proposal,) = compare(Kind.VEHICLES, rows, ["van 1"], {"van 1": {"unit_number": "Van 1", "target_soc_percent": 80}})

    assert proposal.verdict == Verdict.CHANGED
    assert [(change.title, change.old, change.new) for change in proposal.changes] == [("Charge to, %", 80, 90)]


def test_an_empty_cell_leaves_a_value_and_a_dash_takes_it_away() -> None:
    rows = rows_of(Kind.VEHICLES, f"Unit;VIN;Battery\nVan 1;;{CLEAR}")

    (proposal,) = compare(
        Kind.VEHICLES,
        rows,
        ["van 1"],
        {"van 1": {"unit_number": "Van 1", "vin": "1FTBW9CK6RKA00131", "battery_kwh": Decimal("89.00")}},
    )

    assert [(change.name, change.new) for change in proposal.changes] == [("battery_kwh", None)]


def test_nothing_pasted_is_said() -> None:
    with pytest.raises(PasteUnreadable, match="Nothing"):
        read_table(" \n\t\n", Kind.TOKENS)


def test_too_many_rows_are_said() -> None:
    with pytest.raises(PasteUnreadable, match="at most 2000"):
        read_table("Card\n" + "A\n" * 2002, Kind.TOKENS)


@given(st.text(max_size=400), st.sampled_from(list(Kind)))
def test_no_text_breaks_the_reading(text: str, kind: Kind) -> None:
    try:
        table = read_table(text, kind)
    except PasteUnreadable:
        return

    rows = read_rows(kind, table, guess_columns(kind, table))

    assert len(rows) == len(table.rows)
    for row in rows:
        assert row.problems or row.values


LETTER = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
CELL = st.text(LETTER, min_size=1, max_size=20).filter(
    lambda text: text == text.strip() and text != CLEAR and "\ufeff" not in text
)


@given(
    drivers=st.lists(CELL, min_size=1, max_size=8),
    separator=st.sampled_from(["\t", ";", ","]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_wrote_comes_back_cell_by_cell(drivers: list[str], separator: str, ending: str) -> None:
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=separator, lineterminator=ending)
    writer.writerow(["Card", "Driver"])
    writer.writerows([f"CARD{number}", driver] for number, driver in enumerate(drivers))

    # The separator is guessed from the lines; cells full of another one may outvote it, so it is given here.
    text = sheet.getvalue()
    if separator_of(text.replace("\r\n", "\n")) != separator:
        return
    rows = rows_of(Kind.TOKENS, text)

    assert [row.values["driver"] for row in rows] == drivers


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z]{1,6}[0-9]{1,3}", fullmatch=True),
        st.fixed_dictionaries(
            {"battery": st.decimals(1, 999, places=2), "target": st.integers(1, 100), "vin": st.just("")}
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_was_imported_once_is_unchanged_the_second_time(vehicles: dict[str, dict[str, Decimal]]) -> None:
    text = "Unit\tBattery\tTarget\n" + "\n".join(
        f"{unit}\t{facts['battery']}\t{facts['target']}" for unit, facts in vehicles.items()
    )
    rows = rows_of(Kind.VEHICLES, text)
    keys = [row.values["unit_number"] for row in rows]

    first = compare(Kind.VEHICLES, rows, keys, {})
    known = {proposal.key: proposal.row.values for proposal in first}
    second = compare(Kind.VEHICLES, rows_of(Kind.VEHICLES, text), keys, known)

    assert {proposal.verdict for proposal in first} == {Verdict.NEW}
    assert {proposal.verdict for proposal in second} == {Verdict.UNCHANGED}
