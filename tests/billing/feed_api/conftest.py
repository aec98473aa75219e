"""An evening on which the books are read by who may read them all."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from tests.conftest import BusinessTime


@pytest.fixture(autouse=True)
def _evening(business_time: "BusinessTime") -> None:
    from tests.billing.yard import NOW

    business_time.set(NOW)


@pytest.fixture
def erp() -> "APIClient":
    from tests.billing.feed_api.reading import client_of
    from tests.billing.yard import manager

    return client_of(manager())
