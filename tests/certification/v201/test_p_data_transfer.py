"""Block P: what the standard does not know, from the station's side."""

from tests.certification.cases import case_201
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.polling import until
from tests.wire import Payload

CUSTOM: Payload = {"vendorId": "org.example.acme", "anything": {"at": ["all"]}}


@case_201("TC_P_02")
async def test_what_an_unknown_vendor_says_is_declined_and_kept_in_the_messages(station: Station, yard: Yard) -> None:
    told = {"vendorId": "org.example.acme", "messageId": "hello", "data": "?"}

    answer = await station.wire.call("DataTransfer", told)

    async def is_shown() -> bool:
        return "DataTransfer" in await yard.desk.page("messages/")

    assert answer["status"] == "UnknownVendorId"
    await until(is_shown)


@case_201("TC_P_03")
async def test_custom_data_costs_no_message(station: Station, yard: Yard) -> None:
    await station.status("Faulted", customData=CUSTOM)
    answer = await station.event(
        "Started", "CablePluggedIn", evse=station.place, info={"customData": CUSTOM}, customData=CUSTOM
    )

    assert (answer, await yard.desk.connector()) == ({}, "faulted")
    assert (await yard.session()).reference == station.reference
