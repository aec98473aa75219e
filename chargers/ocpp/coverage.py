"""What of OCPP is spoken: for each version and action, who says it and what reads or writes it. Found, not declared.

Whatever stands here is looked up in the dialects; an action that nobody reads or says has a line without a speaker.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from chargers.commands import (
    AdjustStream,
    AllowTransfer,
    AwaitWebPayment,
    CancelReservation,
    CertificateHash,
    ChangeAvailability,
    ChangeSettings,
    ChangeTransactionTariff,
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    ClearGridRules,
    ClearMessage,
    ClearMonitors,
    ClearProfiles,
    ClearTariffs,
    Command,
    CustomerInformation,
    DeleteCertificate,
    EnergyTransfer,
    GiveCertificate,
    GiveDefaultTariff,
    GridRuleKind,
    InstallCertificate,
    InstallProfile,
    KwhPrice,
    ListEntry,
    LogKind,
    MessagePriority,
    Monitor,
    MonitoringBase,
    MonitorKind,
    ProfileKind,
    ProfilePurpose,
    PublishFirmware,
    Rates,
    RateUnit,
    ReadCertificates,
    ReadCompositeSchedule,
    ReadLocalListVersion,
    ReadProfiles,
    ReadSettings,
    ReadStreams,
    ReadTariffs,
    ReadTransaction,
    ReportGridRules,
    ReportMessages,
    ReportMonitors,
    ReportSettings,
    ReportSomeSettings,
    RequestSwap,
    Reserve,
    ResetCharger,
    RootKind,
    SchedulePeriod,
    SendData,
    SendLocalList,
    SendReserveSignal,
    SetGridRule,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
    SetNetworkProfile,
    ShowCost,
    ShowMessage,
    StartCharging,
    StationTariff,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
    UnpublishFirmware,
    UpdateDynamicSchedule,
    UpdateFirmware,
    UploadDiagnostics,
    UploadLog,
    UsePriority,
)
from chargers.events import Setting
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken, Dialect, Teller
from chargers.ocpp.dialects import DIALECTS


class Direction(StrEnum):
    UP = "charger tells"
    DOWN = "we ask"
    BOTH = "both ways"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One action of one version."""

    version: str
    action: str
    direction: Direction
    teller: Teller | None = None
    commands: tuple[type[Command], ...] = ()

    @property
    def is_spoken(self) -> bool:
        is_told, is_asked = self.teller is not None, bool(self.commands)
        return {
            Direction.UP: is_told,
            Direction.DOWN: is_asked,
            Direction.BOTH: is_told and is_asked,
        }[self.direction]


_HEARTBEAT_INTERVAL = Setting("HeartbeatInterval", component="OCPPCommCtrlr")
_PROFILE = ChargingProfile(
    profile_id=1,
    stack_level=0,
    purpose=ProfilePurpose.STATION_MAX,
    kind=ProfileKind.RECURRING,
    schedules=(ChargingSchedule(unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=16),)),),
)
_AT = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
_CERTIFICATE = CertificateHash(algorithm="SHA256", issuer_name_hash="aa", issuer_key_hash="bb", serial_number="01")
_FIRMWARE = UpdateFirmware(request_id=1, location="https://depot.example/fw/1.bin", retrieve_at=_AT)
_TEMPERATURE = Setting("Temperature", component="ChargingStation")
_TARIFF = StationTariff(
    tariff_id="Flat 1",
    currency="EUR",
    kwh_prices=(KwhPrice(price=Decimal("0.41"), weekdays=(1, 2), begins="16:00", ends="21:00"),),
    price_per_session=Decimal("0.50"),
    tax_percent=Decimal(19),
    words="Flat",
)
# One of each command, said to learn by which action a version says it; a trigger and an update are two actions in 1.6.
SAMPLES: tuple[Command, ...] = (
    ChangeAvailability(operative=True),
    ChangeSettings(values=((_HEARTBEAT_INTERVAL, "60"),)),
    ClearCache(),
    ClearProfiles(profile_id=1),
    InstallProfile(evse=0, profile=_PROFILE),
    ReadSettings(settings=(_HEARTBEAT_INTERVAL,)),
    ReportSettings(request_id=1),
    ResetCharger(),
    StartCharging(evse=1, token="VAN12", remote_start_id=1),
    StopCharging(reference="1"),
    TriggerMessage(message="Heartbeat"),
    TriggerMessage(message="LogStatusNotification"),
    UnlockConnector(evse=1),
    UpdateDynamicSchedule(profile_id=1, rates=Rates(limit=16)),
    CancelReservation(reservation_id=1),
    ClearMessage(message_id=1),
    ClearMonitors(monitor_ids=(1,)),
    CustomerInformation(request_id=1, report=True, clear=False, token="VAN12"),
    DeleteCertificate(certificate=_CERTIFICATE),
    GiveCertificate(chain="-----BEGIN CERTIFICATE-----"),
    InstallCertificate(root=RootKind.CSMS, certificate="-----BEGIN CERTIFICATE-----"),
    PublishFirmware(
        request_id=1, location="https://depot.example/fw/1.bin", checksum="d41d8cd98f00b204e9800998ecf8427e"
    ),
    ReadCertificates(roots=(RootKind.CSMS,)),
    ReadCompositeSchedule(evse=1, duration_s=3600),
    ReadLocalListVersion(),
    ReadProfiles(request_id=1, purpose=ProfilePurpose.TX_DEFAULT),
    ReadTransaction(reference="1"),
    ReportMessages(request_id=1),
    ReportMonitors(request_id=1, settings=(_TEMPERATURE,)),
    ReportSomeSettings(request_id=1, criteria=("Problem",)),
    Reserve(reservation_id=1, token="VAN12", until=_AT, evse=1),
    SendData(vendor_id="Acme", message_id="Lamp", data="on"),
    SendLocalList(version=1, is_full=True, entries=(ListEntry(token="VAN12"),)),
    SetMonitoringBase(base=MonitoringBase.ALL),
    SetMonitoringLevel(severity=5),
    SetMonitors(monitors=(Monitor(setting=_TEMPERATURE, kind=MonitorKind.UPPER_THRESHOLD, value=60, severity=4),)),
    SetNetworkProfile(slot=1, url="wss://depot.example/ocpp", security_profile=2),
    ShowCost(reference="1", total=Decimal("12.50")),
    ShowMessage(message_id=1, priority=MessagePriority.IN_FRONT, text="Ready at six"),
    UnpublishFirmware(checksum="d41d8cd98f00b204e9800998ecf8427e"),
    _FIRMWARE,
    replace(_FIRMWARE, signing_certificate="-----BEGIN CERTIFICATE-----", signature="c2lnbmVk"),
    UploadDiagnostics(location="https://depot.example/logs/"),
    UploadLog(log=LogKind.DIAGNOSTICS, request_id=1, location="https://depot.example/logs/"),
    ReadStreams(),
    AdjustStream(number=1, interval_s=60),
    SetGridRule(rule_id="cap", rule=GridRuleKind.LIMIT_FEEDING, settings={"priority": 0, "pctMaxDischargePower": 50.0}),
    ReportGridRules(request_id=1),
    ClearGridRules(is_default=True),
    SendReserveSignal(signal=-20, at=_AT),
    UsePriority(reference="1", is_on=True),
    AllowTransfer(reference="1", modes=(EnergyTransfer.DC, EnergyTransfer.DC_BOTH_WAYS)),
    RequestSwap(request_id=1, token="VAN12"),
    GiveDefaultTariff(evse=0, tariff=_TARIFF),
    ChangeTransactionTariff(reference="1", tariff=_TARIFF),
    ReadTariffs(),
    ClearTariffs(),
    AwaitWebPayment(evse=1, timeout_s=120),
)


def spoken(told_by_chargers: Collection[str]) -> list[Spoken]:
    """Every action of every version, the oldest version first. The schemas do not say which of them chargers tell."""
    return [
        _spoken(dialect, action, told_by_chargers)
        for dialect in sorted(DIALECTS.values(), key=lambda dialect: dialect.version)
        for action in sorted(schemas.actions(dialect.subprotocol) | schemas.SENDS.get(dialect.subprotocol, frozenset()))
    ]


def _spoken(dialect: Dialect, action: str, told_by_chargers: Collection[str]) -> Spoken:
    if action == "DataTransfer":
        direction = Direction.BOTH
    else:
        direction = Direction.UP if action in told_by_chargers else Direction.DOWN
    return Spoken(
        version=dialect.version,
        action=action,
        direction=direction,
        teller=dialect.tellers.get(action),
        commands=said_by(dialect).get(action, ()),
    )


def said_by(dialect: Dialect) -> dict[str, tuple[type[Command], ...]]:
    """By which of our commands each action is said."""
    return _said_by(dialect.subprotocol)


@cache
def _said_by(subprotocol: str) -> dict[str, tuple[type[Command], ...]]:
    said: dict[str, tuple[type[Command], ...]] = {}
    for sample in SAMPLES:
        try:
            action = DIALECTS[subprotocol].say(sample).action
        except CommandNotSpoken:
            continue
        said[action] = tuple(dict.fromkeys((*said.get(action, ()), type(sample))))
    return said


def name_of(function: Any) -> str:
    """Where a function stands, without the name of the package that all stand in."""
    return f"{function.__module__}.{function.__qualname__}".removeprefix("chargers.ocpp.")
