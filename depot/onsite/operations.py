"""What is asked of a charger of 2.1 by form and over REST: each with its fields, and the command that they make."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from billing.models import Tariff
from billing.onsite.services import station_tariff
from billing.onsite.tariffs import TariffNotExpressible
from billing.services.price import PriceUnknown
from chargers.commands import (
    AdjustStream,
    AllowTransfer,
    AwaitWebPayment,
    ChangeTransactionTariff,
    ClearGridRules,
    ClearTariffs,
    Command,
    EnergyTransfer,
    GiveDefaultTariff,
    GridRuleKind,
    Rates,
    ReadStreams,
    ReadTariffs,
    ReportGridRules,
    RequestSwap,
    SendReserveSignal,
    SetGridRule,
    StationTariff,
    UpdateDynamicSchedule,
    UsePriority,
)
from chargers.events import token_key
from chargers.models import Charger
from depot import clock
from depot.api.fields import Moment
from depot.models import Bay
from sessions.models import IdToken
from sessions.services.tokens import may_charge

SMALL, LARGE = 32_767, 2**31 - 1
LARGEST_W = 10_000_000
ENGINEER, OPERATE = "chargers.engineer_charger", "chargers.operate_charger"
Said = Mapping[str, Any]
Body = serializers.Serializer[Any]


def _evse(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=more.pop("min_value", 1), max_value=SMALL, **more)


def _reference() -> serializers.CharField:
    return serializers.CharField(max_length=36, help_text="What the charger calls the transaction.")


def _any_of(words: type[Any], **more: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[(word.value, word.value) for word in words], **more)


def _a_tariff() -> "serializers.PrimaryKeyRelatedField[Tariff]":
    return serializers.PrimaryKeyRelatedField(
        queryset=Tariff.objects.filter(replaced_by=None), help_text="A tariff of ours, as far as 2.1 can say it."
    )


class NothingBody(Body):
    """An empty body."""


class DefaultTariffBody(Body):
    tariff = _a_tariff()
    evse = _evse(min_value=0, default=0, help_text="0: all of them.")


class TransactionTariffBody(Body):
    tariff = _a_tariff()
    reference = _reference()


class ClearTariffsBody(Body):
    tariff_ids = serializers.ListField(child=serializers.CharField(max_length=60), required=False, default=list)
    evse = _evse(required=False, allow_null=True, default=None)


class WhichEvseBody(Body):
    evse = _evse(min_value=0, default=0, help_text="0: all of them.")


class GridRuleBody(Body):
    rule_id = serializers.CharField(max_length=36)
    rule = _any_of(GridRuleKind)
    is_default = serializers.BooleanField(default=True, help_text="Holds whenever no scheduled one does.")
    settings = serializers.JSONField(help_text="The numbers of this kind, as OCPP 2.1 names them.")

    def validate_settings(self, settings: Any) -> dict[str, Any]:
        if not isinstance(settings, dict):
            raise serializers.ValidationError("A JSON object is expected.")
        return settings


class WhichRulesBody(Body):
    rule = _any_of(GridRuleKind, required=False, allow_null=True, default=None)
    rule_id = serializers.CharField(max_length=36, required=False, allow_blank=True, default="")
    is_default = serializers.BooleanField(required=False, allow_null=True, default=None)


class ClearRulesBody(WhichRulesBody):
    is_default = serializers.BooleanField(default=True)


class StreamBody(Body):
    number = serializers.IntegerField(min_value=0, max_value=LARGE)
    interval_s = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True, default=None)
    values_at_once = serializers.IntegerField(
        min_value=0, max_value=LARGE, required=False, allow_null=True, default=None
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["interval_s"] is None and attrs["values_at_once"] is None:
            raise serializers.ValidationError({"interval_s": "Say how often, or at how many values (N14.FR.01)."})
        return attrs


class SwapBody(Body):
    token = serializers.CharField(max_length=255, help_text="Of who swaps; it must be allowed to (S02.FR.03).")
    token_type = serializers.CharField(max_length=20, default="Central")

    def validate_token(self, value: str) -> str:
        known = IdToken.objects.filter(key=token_key(value)).first()
        if known is None or not may_charge(known, now=clock.now()):
            raise serializers.ValidationError("Who shows this token may not charge, and swaps no battery (S02.FR.03).")
        return value


class PriorityBody(Body):
    reference = _reference()
    is_on = serializers.BooleanField(default=True)


class TransferBody(Body):
    reference = _reference()
    modes = serializers.ListField(child=_any_of(EnergyTransfer), min_length=1, max_length=len(EnergyTransfer))


class SignalBody(Body):
    signal = serializers.IntegerField(min_value=-LARGE, max_value=LARGE)
    at = Moment(help_text="From then on it holds.")


class WebPaymentBody(Body):
    evse = _evse()
    timeout_s = serializers.IntegerField(min_value=1, max_value=86_400, default=120)


class DynamicBody(Body):
    """In the unit of the profile; what flows out of the vehicle is negative."""

    profile_id = serializers.IntegerField(min_value=0, max_value=LARGE)
    limit = serializers.FloatField(min_value=0, max_value=LARGEST_W, required=False, allow_null=True, default=None)
    discharge_limit = serializers.FloatField(
        min_value=-LARGEST_W, max_value=0, required=False, allow_null=True, default=None
    )
    setpoint = serializers.FloatField(
        min_value=-LARGEST_W, max_value=LARGEST_W, required=False, allow_null=True, default=None
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if all(attrs[name] is None for name in ("limit", "discharge_limit", "setpoint")):
            raise serializers.ValidationError({"setpoint": "Say a limit or a setpoint."})
        return attrs


@dataclass(frozen=True, slots=True)
class Operation:
    permission: str
    body: type[Body]
    command: Callable[[Said, Charger], Command]
    meaning: str


def _as_station_tariff(tariff: Tariff, charger: Charger) -> StationTariff:
    """Raises a ValidationError, in words, where 2.1 cannot say it."""
    zone = Bay.objects.filter(evse__charger=charger).values_list("depot__time_zone", flat=True).first()
    try:
        return station_tariff(tariff, depot_zone=zone or tariff.time_zone or "UTC")
    except (TariffNotExpressible, PriceUnknown) as error:
        raise serializers.ValidationError({"tariff": str(error)}) from error


def _default_tariff(said: Said, charger: Charger) -> Command:
    return GiveDefaultTariff(evse=said["evse"], tariff=_as_station_tariff(said["tariff"], charger))


def _transaction_tariff(said: Said, charger: Charger) -> Command:
    return ChangeTransactionTariff(reference=said["reference"], tariff=_as_station_tariff(said["tariff"], charger))


def _which(said: Said) -> dict[str, Any]:
    return {**said, "rule": GridRuleKind(said["rule"]) if said["rule"] else None}


def _rates(said: Said) -> Rates:
    return Rates(**{name: value for name, value in said.items() if name != "profile_id"})


OPERATIONS: Mapping[str, Operation] = {
    "give-default-tariff": Operation(
        ENGINEER, DefaultTariffBody, _default_tariff, "Have it count by a tariff of ours."
    ),
    "change-transaction-tariff": Operation(
        ENGINEER, TransactionTariffBody, _transaction_tariff, "Have it count one running charge by another tariff."
    ),
    "read-tariffs": Operation(
        ENGINEER, WhichEvseBody, lambda said, _: ReadTariffs(evse=said["evse"]), "Ask which price lists it holds."
    ),
    "clear-tariffs": Operation(
        ENGINEER,
        ClearTariffsBody,
        lambda said, _: ClearTariffs(tariff_ids=tuple(said["tariff_ids"]), evse=said["evse"]),
        "Take default price lists from it; all where none is named.",
    ),
    "await-web-payment": Operation(
        OPERATE, WebPaymentBody, lambda said, _: AwaitWebPayment(**said), "Keep an EVSE while somebody pays on the web."
    ),
    "set-grid-rule": Operation(
        ENGINEER,
        GridRuleBody,
        lambda said, _: SetGridRule(**{**said, "rule": GridRuleKind(said["rule"])}),
        "Give its inverter a rule of the grid operator.",
    ),
    "report-grid-rules": Operation(
        ENGINEER,
        WhichRulesBody,
        lambda said, _: ReportGridRules(request_id=secrets.randbelow(LARGE), **_which(said)),
        "Have it report the rules of its inverter.",
    ),
    "clear-grid-rules": Operation(
        ENGINEER, ClearRulesBody, lambda said, _: ClearGridRules(**_which(said)), "Take rules from its inverter."
    ),
    "send-reserve-signal": Operation(
        ENGINEER, SignalBody, lambda said, _: SendReserveSignal(**said), "Pass on the signal for frequency reserve."
    ),
    "use-priority": Operation(
        OPERATE, PriorityBody, lambda said, _: UsePriority(**said), "Charge this one first, or no longer."
    ),
    "allow-transfer": Operation(
        ENGINEER,
        TransferBody,
        lambda said, _: AllowTransfer(
            reference=said["reference"], modes=tuple(EnergyTransfer(mode) for mode in said["modes"])
        ),
        "Say in which ways energy may flow in a charge.",
    ),
    "update-dynamic-schedule": Operation(
        ENGINEER,
        DynamicBody,
        lambda said, _: UpdateDynamicSchedule(profile_id=said["profile_id"], rates=_rates(said)),
        "Give a dynamic profile new values.",
    ),
    "read-streams": Operation(ENGINEER, NothingBody, lambda said, _: ReadStreams(), "Ask which streams are open."),
    "adjust-stream": Operation(
        ENGINEER, StreamBody, lambda said, _: AdjustStream(**said), "Have a stream flow more or less often."
    ),
    "request-swap": Operation(
        OPERATE,
        SwapBody,
        lambda said, _: RequestSwap(request_id=secrets.randbelow(LARGE), **said),
        "Let somebody swap a battery.",
    ),
}
