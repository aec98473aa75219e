from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import Transaction
from billing.queries import standing_transaction, standing_transactions
from billing.services import NotSettledYet, correct_session, settle_session
from sessions.models import Session
from tests.billing.yard import NOW, ended_session, readings, tariff, van

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def settled_session() -> Session:
    session = ended_session(tariff_key=tariff(tax_percent="19").pk, needs_correction=False)
    readings(session, (10, 52_000), (30, 60_000), (45, 60_000))
    settle_session(session, now=NOW)
    return session


def test_a_correction_is_a_credit_and_a_replacement() -> None:
    session = settled_session()
    final = Transaction.objects.get()
    Session.objects.filter(pk=session.pk).update(vehicle=van(), needs_correction=True)

    standing = correct_session(session, reason="It is van 131", author="mara", now=LATER)

    credit, replacement = Transaction.objects.filter(seq__gt=1)
    assert standing == replacement
    assert [(row.seq, row.kind, row.replaces) for row in (credit, replacement)] == [
        (2, "credit", final),
        (3, "replacement", final),
    ]
    assert {(row.correction_reason, row.correction_author) for row in (credit, replacement)} == {
        ("It is van 131", "mara")
    }
    assert {(row.recorded_at, row.booked_on) for row in (credit, replacement)} == {(LATER, LATER.date())}
    assert final.facts["vehicle"] is None
    assert replacement.facts["vehicle"]["unit_number"] == "131"


def test_a_credit_takes_back_everything_that_is_summed_up() -> None:
    session = settled_session()
    final = Transaction.objects.get()
    Session.objects.filter(pk=session.pk).update(energy_wh=8000)

    correct_session(session, reason="r", author="a", now=LATER)

    credit = Transaction.objects.get(kind="credit")
    assert (credit.energy_wh, credit.cost) == (-10_000, Decimal("-2.38"))
    changed = {name: credit.facts[name] for name in credit.facts if credit.facts[name] != final.facts[name]}
    assert changed == {
        "energy_kwh": "-10.000",
        "cost": "-2.38",
        "cost_before_tax": "-2.00",
        "tax": "-0.38",
        "charging_seconds": -1800,
        "idle_seconds": -1800,
        "cost_parts": [
            {
                "kind": "energy",
                "label": "",
                "energy_kwh": "-10.000",
                "price_per_kwh": "0.20000",
                "amount": "-2.00",
            },
            {"kind": "tax", "label": "19 %", "energy_kwh": None, "price_per_kwh": None, "amount": "-0.38"},
        ],
    }


def test_a_replacement_is_priced_anew() -> None:
    session = settled_session()
    Session.objects.filter(pk=session.pk).update(energy_wh=5000)

    correct_session(session, reason="r", author="a", now=LATER)

    assert Transaction.objects.get(kind="replacement").cost == Decimal("1.19")


def test_a_credit_of_nothing_has_no_minus() -> None:
    session = ended_session(tariff_key=tariff().pk, energy_wh=0)
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(driver="Ada")

    correct_session(session, reason="r", author="a", now=LATER)

    credit = Transaction.objects.get(kind="credit")
    assert (credit.facts["energy_kwh"], credit.facts["cost"]) == ("0.000", "0.00")


def test_a_row_without_a_cost_is_credited_without_one() -> None:
    session = ended_session()
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(tariff_key=tariff().pk)

    correct_session(session, reason="The depot has a tariff now", author="mara", now=LATER)

    credit, replacement = Transaction.objects.filter(seq__gt=1)
    assert (credit.cost, replacement.cost) == (None, Decimal("2.00"))


def test_what_has_not_changed_is_not_corrected() -> None:
    session = settled_session()
    Session.objects.filter(pk=session.pk).update(
        needs_correction=True, correction_reason="Told again", correction_author="CP-A07"
    )

    standing = correct_session(session, reason="r", author="a", now=LATER)

    session.refresh_from_db()
    assert standing == Transaction.objects.get()
    assert (session.needs_correction, session.correction_reason, session.correction_author) == (False, "", "")


def test_a_second_correction_takes_back_the_first() -> None:
    session = settled_session()
    for driver in ("Ada", "Grace"):
        Session.objects.filter(pk=session.pk).update(driver=driver)
        correct_session(session, reason="r", author="a", now=LATER)

    rows = Transaction.objects.filter(seq__gt=3)

    assert [(row.kind, row.replaces.seq if row.replaces else None) for row in rows] == [
        ("credit", 3),
        ("replacement", 3),
    ]


def test_the_rows_of_a_session_sum_up_to_what_stands() -> None:
    session = settled_session()
    for energy_wh in (8000, 7000):
        Session.objects.filter(pk=session.pk).update(energy_wh=energy_wh)
        correct_session(session, reason="r", author="a", now=LATER)

    rows = list(Transaction.objects.all())

    standing = standing_transaction(session.pk)
    assert standing is not None
    assert sum(row.energy_wh or 0 for row in rows) == standing.energy_wh == 7000
    assert sum(row.cost or 0 for row in rows) == standing.cost


def test_what_was_not_settled_is_not_corrected() -> None:
    with pytest.raises(NotSettledYet):
        correct_session(ended_session(), reason="r", author="a", now=LATER)


def test_a_long_reason_is_cut_to_its_column() -> None:
    session = settled_session()
    Session.objects.filter(pk=session.pk).update(driver="Ada")

    row = correct_session(session, reason="r" * 300, author="a" * 300, now=LATER)

    row.refresh_from_db()
    assert (len(row.correction_reason), len(row.correction_author)) == (200, 150)


def test_what_stands_is_found_for_many_sessions_at_once() -> None:
    corrected, plain, unsettled = settled_session(), settled_session(), ended_session()
    Session.objects.filter(pk=corrected.pk).update(driver="Ada")
    correct_session(corrected, reason="r", author="a", now=LATER)

    standing = standing_transactions([corrected.pk, plain.pk, unsettled.pk])

    assert {session_id: row.kind for session_id, row in standing.items()} == {
        corrected.pk: "replacement",
        plain.pk: "final",
    }
