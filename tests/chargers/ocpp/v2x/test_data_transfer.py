import pytest

from chargers.events import DataAnswer, DataTransferred
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import answer, tell


@pytest.mark.parametrize("data", ["text", {"gateway": {"rssi": -61}}, [1, 2], 5, None])
def test_any_data_comes_through(dialect: Dialect, data: object) -> None:
    told = tell(dialect, "DataTransfer", {"vendorId": "com.northwind", "messageId": "gatewayInfo", "data": data})

    assert told == DataTransferred(vendor_id="com.northwind", message_id="gatewayInfo", data=data)


def test_data_may_have_no_more_than_a_vendor(dialect: Dialect) -> None:
    assert tell(dialect, "DataTransfer", {"vendorId": "x"}) == DataTransferred(vendor_id="x")


def test_an_unknown_vendor_is_told_so(dialect: Dialect) -> None:
    assert answer(dialect, "DataTransfer", DataAnswer("UnknownVendorId")) == {"status": "UnknownVendorId"}


def test_data_goes_back_as_it_is(dialect: Dialect) -> None:
    payload = answer(dialect, "DataTransfer", DataAnswer("Accepted", {"ok": True}))

    assert list(payload.items()) == [("status", "Accepted"), ("data", {"ok": True})]
