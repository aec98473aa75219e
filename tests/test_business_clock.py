"""The business clock, alone and under the test's hand."""

from datetime import UTC, datetime, timedelta

import pytest

from depot import clock
from tests.conftest import BusinessTime


def test_the_clock_of_a_test_stands_until_it_is_moved(business_time: BusinessTime) -> None:
    before = clock.now()

    business_time.move(minutes=10)

    assert clock.now() - before == timedelta(minutes=10)


@pytest.mark.storage
@pytest.mark.django_db
def test_a_clock_that_nobody_set_is_real_time() -> None:
    clock.forget()

    said = clock.now()

    assert abs(said - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.storage
@pytest.mark.django_db
def test_business_time_goes_on_where_it_stopped() -> None:
    evening = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    clock.set_pace(business_at=evening, rate=0)

    clock.save()
    clock.resume_where_it_stopped()
    clock.forget()

    assert clock.now() == evening
