"""The device model of a virtual charger: which variables it has, and where their values come from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.frames import Payload

if TYPE_CHECKING:
    from simulator.charger import Charger
    from simulator.evse import Evse


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable; `setting` is what the rest of the charger calls its value."""

    component: str
    name: str
    kind: str = "integer"
    instance: str = ""
    setting: str = ""
    read: Callable[["Charger", "Evse | None"], str] | None = None
    unit: str = ""
    per_evse: bool = False
    is_writeonly: bool = False

    @property
    def mutability(self) -> str:
        if self.is_writeonly:
            return "WriteOnly"
        return "ReadWrite" if self.setting else "ReadOnly"


def _fixed(value: str) -> Callable[["Charger", "Evse | None"], str]:
    return lambda _charger, _evse: value


def _setting(component: str, name: str, setting: str, kind: str = "integer", **more: str) -> Variable:
    return Variable(component, name, kind, setting=setting, **more)  # type: ignore[arg-type]


def _shown(setting: str) -> Callable[["Charger", "Evse | None"], str]:
    """A setting that may be read only."""
    return lambda charger, _evse: charger.settings[setting]


def _write_availability(charger: "Charger", evse: "Evse | None") -> str:
    if evse is None:
        return "Available" if charger.is_operative else "Unavailable"
    plain = ("Available", "Reserved", "Unavailable", "Faulted")
    return str(evse.status) if evse.status in plain else "Occupied"


VARIABLES: tuple[Variable, ...] = (
    Variable("ChargingStation", "VendorName", "string", read=lambda charger, _: charger.plan.vendor),
    Variable("ChargingStation", "Model", "string", read=lambda charger, _: charger.plan.model),
    Variable("ChargingStation", "SerialNumber", "string", read=lambda charger, _: charger.plan.serial),
    Variable("ChargingStation", "AvailabilityState", "OptionList", read=_write_availability),
    Variable("ChargingStation", "Available", "boolean", read=_fixed("true")),
    Variable("ChargingStation", "SupplyPhases", read=lambda charger, _: str(charger.evses[0].plan.phases)),
    Variable("Controller", "FirmwareVersion", "string", read=lambda charger, _: charger.firmware),
    Variable("EVSE", "AvailabilityState", "OptionList", read=_write_availability, per_evse=True),
    Variable("EVSE", "Available", "boolean", read=_fixed("true"), per_evse=True),
    Variable("EVSE", "SupplyPhases", read=lambda _, evse: str(evse.plan.phases if evse else 0), per_evse=True),
    Variable(
        "EVSE",
        "Power",
        "decimal",
        read=lambda _, evse: str(round(evse.power_w, 1) if evse else 0),
        unit="W",
        per_evse=True,
    ),
    _setting("OCPPCommCtrlr", "HeartbeatInterval", "HeartbeatInterval", unit="s"),
    _setting("OCPPCommCtrlr", "WebSocketPingInterval", "WebSocketPingInterval", unit="s"),
    _setting("OCPPCommCtrlr", "MessageAttempts", "TransactionMessageAttempts", instance="TransactionEvent"),
    _setting("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionMessageRetryInterval", instance="TransactionEvent"),
    _setting("OCPPCommCtrlr", "ResetRetries", "ResetRetries"),
    Variable("OCPPCommCtrlr", "MessageTimeout", instance="Default", read=_fixed("30"), unit="s"),
    Variable("OCPPCommCtrlr", "NetworkConfigurationPriority", "SequenceList", read=_fixed("0")),
    Variable("OCPPCommCtrlr", "FileTransferProtocols", "MemberList", read=_fixed("HTTPS,HTTP")),
    Variable("SecurityCtrlr", "BasicAuthPassword", "string", setting="AuthorizationKey", is_writeonly=True),
    Variable("SecurityCtrlr", "SecurityProfile", read=_shown("SecurityProfile")),
    Variable("SecurityCtrlr", "Identity", "string", read=lambda charger, _: charger.identity),
    _setting("SecurityCtrlr", "OrganizationName", "CpoName", "string"),
    _setting("AuthCtrlr", "AuthorizeRemoteStart", "AuthorizeRemoteTxRequests", "boolean"),
    _setting("AuthCtrlr", "LocalAuthorizeOffline", "LocalAuthorizeOffline", "boolean"),
    _setting("AuthCtrlr", "LocalPreAuthorize", "LocalPreAuthorize", "boolean"),
    _setting("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId", "boolean"),
    _setting("AuthCacheCtrlr", "Enabled", "AuthorizationCacheEnabled", "boolean"),
    _setting("LocalAuthListCtrlr", "Enabled", "LocalAuthListEnabled", "boolean"),
    Variable("LocalAuthListCtrlr", "Entries", read=lambda charger, _: str(len(charger.tokens.local_list))),
    Variable("LocalAuthListCtrlr", "ItemsPerMessage", read=_shown("SendLocalListMaxLength")),
    Variable("LocalAuthListCtrlr", "BytesPerMessage", read=_fixed("65536")),
    _setting("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", unit="s"),
    _setting("TxCtrlr", "StopTxOnInvalidId", "StopTransactionOnInvalidId", "boolean"),
    _setting("TxCtrlr", "StopTxOnEVSideDisconnect", "StopTransactionOnEVSideDisconnect", "boolean"),
    _setting("TxCtrlr", "MaxEnergyOnInvalidId", "MaxEnergyOnInvalidId", unit="Wh"),
    Variable("TxCtrlr", "TxStartPoint", "MemberList", read=_fixed("Authorized")),
    Variable("TxCtrlr", "TxStopPoint", "MemberList", read=_fixed("Authorized,EVConnected")),
    _setting("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval", unit="s"),
    _setting("SampledDataCtrlr", "TxUpdatedMeasurands", "MeterValuesSampledData", "MemberList"),
    _setting("SampledDataCtrlr", "TxStartedMeasurands", "StopTxnSampledData", "MemberList"),
    _setting("SampledDataCtrlr", "TxEndedMeasurands", "StopTxnSampledData", "MemberList"),
    Variable("SampledDataCtrlr", "TxEndedInterval", read=_fixed("0"), unit="s"),
    _setting("AlignedDataCtrlr", "Interval", "ClockAlignedDataInterval", unit="s"),
    _setting("AlignedDataCtrlr", "Measurands", "MeterValuesAlignedData", "MemberList"),
    Variable("SmartChargingCtrlr", "Enabled", "boolean", read=_fixed("true")),
    Variable("SmartChargingCtrlr", "ProfileStackLevel", read=_shown("ChargeProfileMaxStackLevel")),
    Variable("SmartChargingCtrlr", "RateUnit", "MemberList", read=_fixed("A,W")),
    Variable("SmartChargingCtrlr", "PeriodsPerSchedule", read=_shown("ChargingScheduleMaxPeriods")),
    Variable(
        "SmartChargingCtrlr",
        "Entries",
        instance="ChargingProfiles",
        read=lambda charger, _: str(len(charger.profiles.profiles)),
    ),
    Variable("SmartChargingCtrlr", "Phases3to1", "boolean", read=_fixed("false")),
    # 2.1
    Variable("SmartChargingCtrlr", "SupportsFeature", "boolean", instance="DynamicProfiles", read=_fixed("true")),
    Variable("SmartChargingCtrlr", "SupportsFeature", "boolean", instance="MaxOfflineDuration", read=_fixed("true")),
    Variable("ReservationCtrlr", "Enabled", "boolean", read=_fixed("true")),
    Variable("ReservationCtrlr", "NonEvseSpecific", "boolean", read=_fixed("true")),
    Variable("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport", read=_fixed("20")),
    Variable("DeviceDataCtrlr", "ItemsPerMessage", instance="GetVariables", read=_fixed("20")),
    Variable("DeviceDataCtrlr", "ItemsPerMessage", instance="SetVariables", read=_fixed("20")),
    Variable("TariffCostCtrlr", "Available", "boolean", instance="Cost", read=_fixed("true")),
    Variable("TariffCostCtrlr", "Enabled", "boolean", instance="Cost", read=_fixed("true")),
    Variable("ClockCtrlr", "TimeSource", "SequenceList", read=_fixed("Heartbeat")),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A variable at its place: the station's, or an EVSE's."""

    variable: Variable
    evse: "Evse | None"

    def read(self, charger: "Charger") -> str:
        if self.variable.read is not None:
            return self.variable.read(charger, self.evse)
        return charger.settings[self.variable.setting]

    def write_names(self) -> Payload:
        component: Payload = {"name": self.variable.component}
        if self.evse is not None:
            component["evse"] = {"id": self.evse.number}
        variable = {"name": self.variable.name}
        if self.variable.instance:
            variable["instance"] = self.variable.instance
        return {"component": component, "variable": variable}


def list_places(charger: "Charger") -> Iterator[Place]:
    for variable in VARIABLES:
        if variable.per_evse:
            for evse in charger.evses:
                yield Place(variable, evse)
        else:
            yield Place(variable, None)


def find_place(charger: "Charger", component: Payload, variable: Payload) -> Place | str:
    """The variable that is meant, or what is unknown about it."""
    name = component["name"].lower()
    if all(each.component.lower() != name for each in VARIABLES):
        return "UnknownComponent"
    number = component.get("evse", {}).get("id")
    for place in list_places(charger):
        same = place.variable.component.lower() == name and place.variable.name.lower() == variable["name"].lower()
        if not same or variable.get("instance", place.variable.instance) != place.variable.instance:
            continue
        if (place.evse.number if place.evse else None) == number:
            return place
    return "UnknownVariable"
