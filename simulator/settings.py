"""A charger's configuration, by the names of OCPP 1.6; what 2.x calls the same is in `variables.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "Current.Offered",
    "Voltage",
    "SoC",
    "Temperature",
    "Frequency",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its value as shipped and what may be done with it."""

    default: str
    kind: str = "int"  # int, bool, text, measurands
    is_readonly: bool = False
    is_writeonly: bool = False
    needs_reboot: bool = False


def _fixed(default: str, kind: str = "int") -> Setting:
    return Setting(default, kind, is_readonly=True)


SETTINGS: dict[str, Setting] = {
    # Core
    "AllowOfflineTxForUnknownId": Setting("false", "bool"),
    "AuthorizationCacheEnabled": Setting("true", "bool"),
    "AuthorizeRemoteTxRequests": Setting("false", "bool"),
    "BlinkRepeat": Setting("3"),
    "ClockAlignedDataInterval": Setting("0"),
    "ConnectionTimeOut": Setting("120"),
    "ConnectorPhaseRotation": Setting("Unknown", "text"),
    "GetConfigurationMaxKeys": _fixed("60"),
    "HeartbeatInterval": Setting("300"),
    "LightIntensity": Setting("100"),
    "LocalAuthorizeOffline": Setting("true", "bool"),
    "LocalPreAuthorize": Setting("false", "bool"),
    "MaxEnergyOnInvalidId": Setting("0"),
    "MeterValuesAlignedData": Setting("Energy.Active.Import.Register", "measurands"),
    "MeterValuesSampledData": Setting(
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Current.Offered,Voltage,SoC", "measurands"
    ),
    "MeterValuesSampledDataMaxLength": _fixed("9"),
    "MeterValueSampleInterval": Setting("60"),
    "MinimumStatusDuration": Setting("0"),
    "NumberOfConnectors": _fixed("1"),
    "ResetRetries": Setting("1"),
    "StopTransactionOnEVSideDisconnect": Setting("true", "bool"),
    "StopTransactionOnInvalidId": Setting("true", "bool"),
    "StopTxnAlignedData": Setting("", "measurands"),
    "StopTxnSampledData": Setting("Energy.Active.Import.Register", "measurands"),
    "SupportedFeatureProfiles": _fixed(
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger", "text"
    ),
    "TransactionMessageAttempts": Setting("3"),
    "TransactionMessageRetryInterval": Setting("20"),
    "UnlockConnectorOnEVSideDisconnect": Setting("true", "bool"),
    "WebSocketPingInterval": Setting("60"),
    # Local list, reservation, smart charging
    "LocalAuthListEnabled": Setting("true", "bool"),
    "LocalAuthListMaxLength": _fixed("500"),
    "SendLocalListMaxLength": _fixed("100"),
    "ReserveConnectorZeroSupported": _fixed("true", "bool"),
    "ChargeProfileMaxStackLevel": _fixed("10"),
    "ChargingScheduleAllowedChargingRateUnit": _fixed("Current,Power", "text"),
    "ChargingScheduleMaxPeriods": _fixed("24"),
    "ConnectorSwitch3to1PhaseSupported": _fixed("false", "bool"),
    "MaxChargingProfilesInstalled": _fixed("20"),
    # Security
    "AuthorizationKey": Setting("", "text", is_writeonly=True),
    "CpoName": Setting("", "text"),
    "SecurityProfile": Setting("0", needs_reboot=True),
    "CertificateSignedMaxChainSize": _fixed("10000"),
    "CertificateStoreMaxLength": _fixed("10"),
}


class UnknownSetting(Exception):
    """The charger has no such key."""


class ReadOnlySetting(Exception):
    """The key may be read only."""


class BadValue(Exception):
    """The key does not take this value."""


class Settings:
    """The values in force; names are found in any letter case, as real chargers find them."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name: setting.default for name, setting in SETTINGS.items()}
        self._spelling = {name.lower(): name for name in SETTINGS}
        for name, value in (values or {}).items():
            self._values[self.find(name)] = value

    def find(self, name: str) -> str:
        try:
            return self._spelling[name.lower()]
        except KeyError:
            raise UnknownSetting(name) from None

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def number(self, name: str) -> int:
        return int(self._values[name])

    def text(self, name: str) -> str:
        return self._values[name]

    def is_on(self, name: str) -> bool:
        return self._values[name].lower() == "true"

    def measurands(self, name: str) -> list[str]:
        return [each.strip() for each in self._values[name].split(",") if each.strip()]

    def names(self) -> list[str]:
        return list(self._values)

    def change(self, name: str, value: str) -> Setting:
        found = self.find(name)
        setting = SETTINGS[found]
        if setting.is_readonly:
            raise ReadOnlySetting(found)
        self._values[found] = _check(setting, value)
        return setting

    def restore(self, values: Mapping[str, str]) -> None:
        """What was kept through a power cut; keys that are no more are passed over."""
        self._values.update({name: value for name, value in values.items() if name in SETTINGS})

    def values(self) -> dict[str, str]:
        return dict(self._values)


def _check(setting: Setting, value: str) -> str:
    if setting.kind == "int" and not (value.isascii() and value.isdigit()):
        raise BadValue(value)
    if setting.kind == "bool":
        if value.lower() not in ("true", "false"):
            raise BadValue(value)
        return value.lower()
    if setting.kind == "measurands":
        for name in value.split(","):
            if name.strip() and name.strip() not in MEASURANDS:
                raise BadValue(value)
    return value
