"""Whatever the schemas allow can be told, and whatever we say they allow."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.commands import (
    ChangeAvailability,
    ChangeSettings,
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    Rates,
    RateUnit,
    ReadSettings,
    Recurrency,
    ReportSettings,
    ResetCharger,
    SchedulePeriod,
    StartCharging,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
)
from chargers.events import (
    BootDecision,
    ChainStatus,
    ChargeAnswer,
    Company,
    ContractAnswer,
    DataAnswer,
    Event,
    MetersRead,
    NeedsAnswer,
    NeedsStatus,
    Receipt,
    Registration,
    RevocationAnswer,
    Setting,
    SigningDecision,
    StartDecision,
    StreamDecision,
    TokenDecision,
    TokenStatus,
    VatDecision,
)
from chargers.ocpp import repairs, schemas
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from chargers.ocpp.v21 import dialect as v21
from chargers.ocpp.v201 import dialect as v201
from tests.chargers.ocpp.payloads import ANYTHING, careless, payloads
from tests.chargers.ocpp.v2x.wire import NOON

EITHER = [v201, v21]
ACTIONS = [(dialect, action) for dialect in EITHER for action in sorted(dialect.tellers)]
ANSWERED = [(dialect, action) for dialect in EITHER for action in sorted(dialect.answerers)]
HEARD = [(dialect, action) for dialect in EITHER for action in sorted(dialect.hearers)]
QUICK = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def names(cases: list[tuple[Dialect, str]]) -> list[str]:
    return [f"{dialect.version} {action}" for dialect, action in cases]


MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WORDS = st.text(min_size=1, max_size=36)
NUMBERS = st.integers(0, 1000)
LIMITS = st.floats(0, 500_000)
SETTINGS = st.builds(
    Setting,
    variable=WORDS,
    component=WORDS,
    component_instance=st.one_of(st.just(""), WORDS),
    variable_instance=st.one_of(st.just(""), WORDS),
    evse=st.none() | NUMBERS,
    connector=st.none() | NUMBERS,
)
SCHEDULES = st.builds(
    ChargingSchedule,
    unit=st.sampled_from(RateUnit),
    periods=st.lists(
        st.builds(SchedulePeriod, start_s=NUMBERS, limit=LIMITS, phases=st.none() | st.integers(1, 3)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    duration_s=st.none() | NUMBERS,
    start_at=st.none() | MOMENTS,
    min_rate=st.none() | LIMITS,
    schedule_id=NUMBERS,
)
PROFILES = st.builds(
    ChargingProfile,
    profile_id=NUMBERS,
    stack_level=NUMBERS,
    purpose=st.sampled_from(ProfilePurpose),
    kind=st.sampled_from(ProfileKind),
    schedules=st.lists(SCHEDULES, max_size=4).map(tuple),
    recurrency=st.none() | st.sampled_from(Recurrency),
    valid_from=st.none() | MOMENTS,
    valid_to=st.none() | MOMENTS,
    reference=st.none() | WORDS,
)
EVSES = st.integers(1, 1000)
MESSAGES = st.sampled_from(["Heartbeat", "StatusNotification", "MeterValues", "SignV2G20Certificate", "Anything"])
WATTS = st.floats(min_value=-1e6, max_value=1e6)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        StartCharging,
        evse=st.none() | EVSES,
        token=WORDS,
        token_type=st.sampled_from(["", "Central", "ISO14443", "VIN"]),
        remote_start_id=NUMBERS,
        profile=st.none() | PROFILES,
    ),
    st.builds(StopCharging, reference=WORDS),
    st.builds(ResetCharger, immediately=st.booleans(), evse=st.none() | EVSES),
    st.builds(UnlockConnector, evse=EVSES, connector=EVSES),
    st.builds(TriggerMessage, message=MESSAGES, evse=st.none() | EVSES, connector=st.none() | EVSES),
    st.builds(ChangeAvailability, operative=st.booleans(), evse=NUMBERS, connector=st.none() | NUMBERS),
    st.builds(ReadSettings, settings=st.lists(SETTINGS, max_size=3).map(tuple)),
    st.builds(ChangeSettings, values=st.lists(st.tuples(SETTINGS, st.text(max_size=1000)), max_size=3).map(tuple)),
    st.builds(ReportSettings, request_id=NUMBERS, report=st.just("ConfigurationInventory")),
    st.just(ClearCache()),
    st.builds(InstallProfile, evse=NUMBERS, profile=PROFILES),
    st.builds(
        ClearProfiles,
        profile_id=st.none() | NUMBERS,
        evse=st.none() | NUMBERS,
        purpose=st.none() | st.sampled_from(ProfilePurpose),
        stack_level=st.none() | NUMBERS,
    ),
)
TOKENS = st.builds(
    TokenDecision, status=st.sampled_from(TokenStatus), expires_at=st.none() | MOMENTS, group=st.text(max_size=300)
)
ANSWERS: dict[str, st.SearchStrategy[object]] = {
    "Authorize": TOKENS,
    "Get15118EVCertificate": st.builds(ContractAnswer, exi_response=st.none() | st.text(max_size=100), reason=WORDS),
    "GetCertificateChainStatus": st.lists(
        st.builds(
            ChainStatus,
            certificate=payloads("ocpp2.1", "GetCertificateChainStatus").map(
                lambda asked: asked["certificateStatusRequests"][0]["certificateHashData"]
            ),
            source=st.sampled_from(["CRL", "OCSP"]),
            status=st.sampled_from(["Good", "Revoked", "Unknown", "Failed"]),
            ask_again_at=MOMENTS,
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    "GetCertificateStatus": st.builds(RevocationAnswer, ocsp_result=st.none() | st.text(max_size=100), reason=WORDS),
    "SignCertificate": st.builds(SigningDecision, accepted=st.booleans(), reason=st.text(max_size=40)),
    "BootNotification": st.builds(
        BootDecision, registration=st.sampled_from(Registration), now=MOMENTS, interval_s=NUMBERS
    ),
    "DataTransfer": st.builds(
        DataAnswer,
        status=st.sampled_from(["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]),
        data=ANYTHING,
    ),
    "Heartbeat": MOMENTS,
    "NotifyEVChargingNeeds": st.builds(NeedsAnswer, status=st.sampled_from(NeedsStatus), reason=st.text(max_size=40)),
    "NotifyEVChargingSchedule": st.booleans(),
    "NotifySettlement": st.builds(Receipt, number=st.text(max_size=50), url=st.text(max_size=300)),
    "OpenPeriodicEventStream": st.builds(StreamDecision, accepted=st.booleans(), reason=st.text(max_size=40)),
    "PullDynamicScheduleUpdate": st.none()
    | st.builds(Rates, limit=WATTS, setpoint=WATTS, discharge_limit=WATTS.map(lambda watts: -abs(watts))),
    "TransactionEvent": st.one_of(
        st.none(),
        TOKENS,
        st.builds(StartDecision, reference=WORDS, token=st.none() | TOKENS),
        st.builds(
            ChargeAnswer,
            token=st.none() | TOKENS,
            total_cost=st.none() | st.decimals(min_value=0, max_value=10**9, places=3),
        ),
    ),
    "VatNumberValidation": st.builds(
        VatDecision,
        is_accepted=st.booleans(),
        vat_number=st.text(max_size=20),
        evse=st.none() | NUMBERS,
        company=st.none() | st.builds(Company, name=WORDS, address=st.text(max_size=300), city=WORDS, country=WORDS),
        reason=st.text(max_size=40),
        note=st.text(max_size=2000),
    ),
}


@pytest.mark.parametrize(("dialect", "action"), ACTIONS, ids=names(ACTIONS))
@QUICK
@given(data=st.data())
def test_whatever_the_schema_allows_can_be_told(dialect: Dialect, action: str, data: st.DataObject) -> None:
    payload = data.draw(payloads(dialect.subprotocol, action))
    assert schemas.check(dialect.subprotocol, action, payload) is None

    event = dialect.read(action, payload, NOON)

    assert isinstance(event, Event)


@pytest.mark.parametrize(("dialect", "action"), ACTIONS, ids=names(ACTIONS))
@QUICK
@given(data=st.data())
def test_whatever_a_careless_charger_gets_through_the_repairs_can_be_told(
    dialect: Dialect, action: str, data: st.DataObject
) -> None:
    payload, _, broken = repairs.repair(dialect.subprotocol, action, data.draw(careless(dialect.subprotocol, action)))

    event = dialect.read(action, payload, NOON) if broken is None else None

    assert event is None or isinstance(event, Event)


@pytest.mark.parametrize("dialect", EITHER, ids=["2.0.1", "2.1"])
@QUICK
@given(data=st.data())
def test_a_reading_fits_its_row(dialect: Dialect, data: st.DataObject) -> None:
    told = dialect.read("MeterValues", data.draw(payloads(dialect.subprotocol, "MeterValues")), NOON)

    assert isinstance(told, MetersRead)
    for reading in told.readings:
        assert reading.at.utcoffset() is not None
        assert abs(reading.energy_wh or 0) < 2**63
        assert abs(reading.power_w or 0) < 2**31


@pytest.mark.parametrize(("dialect", "action"), ANSWERED, ids=names(ANSWERED))
@QUICK
@given(data=st.data())
def test_every_answer_keeps_its_schema(dialect: Dialect, action: str, data: st.DataObject) -> None:
    payload = dialect.reply(action, data.draw(ANSWERS[action]))

    assert schemas.check(dialect.subprotocol, action, payload, response=True) is None


@pytest.mark.parametrize("dialect", EITHER, ids=["2.0.1", "2.1"])
def test_what_is_answered_with_nothing_may_be(dialect: Dialect) -> None:
    silent = set(dialect.tellers) - set(dialect.answerers)

    # What is told by SEND has no answer at all.
    silent -= schemas.SENDS.get(dialect.subprotocol, frozenset())
    broken = {action: schemas.check(dialect.subprotocol, action, {}, response=True) for action in silent}

    assert set(broken.values()) == {None}
    assert set(dialect.answerers) <= set(ANSWERS)


@pytest.mark.parametrize("dialect", EITHER, ids=["2.0.1", "2.1"])
@settings(QUICK, max_examples=200)
@given(command=COMMANDS)
def test_every_command_keeps_its_schema_or_is_not_said(dialect: Dialect, command: Command) -> None:
    with suppress(CommandNotSpoken):
        call = dialect.say(command)
        assert schemas.check(dialect.subprotocol, call.action, call.payload) is None


@pytest.mark.parametrize(("dialect", "action"), HEARD, ids=names(HEARD))
@QUICK
@given(data=st.data())
def test_whatever_a_charger_may_answer_is_understood(dialect: Dialect, action: str, data: st.DataObject) -> None:
    request = data.draw(payloads(dialect.subprotocol, action))
    response = data.draw(payloads(dialect.subprotocol, action, response=True))

    hearing = dialect.hear(action, request, response, NOON)

    assert len(hearing.status) <= 60
