"""What chargers of 2.1 hold and told, over REST: the grid, streams, swaps, money. Each a list, by charger."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from rest_framework import serializers

from billing.onsite.models import ChargeCost, HeldTariff, Settlement, VatCheck, WebPayment
from chargers.grid.models import ChargeTerms, DynamicLimit, GridAlarm, GridRule, ReserveSignal
from chargers.streams.models import EventStream, StreamValue
from chargers.swapping.models import BatterySwap, SwappedBattery
from depot.access.filters import Filter, number, text
from depot.api.base import Listed
from depot.api.fields import Row

LOOK = "chargers.view_charger"
MONEY = "billing.view_transaction"
OF_CHARGER: Mapping[str, Filter] = {"charger": text("charger__identity__iexact", "Identity of the charger.")}


class OfCharger(Row[Any]):
    charger = serializers.CharField(source="charger.identity", read_only=True)


class GridRuleSerializer(OfCharger):
    class Meta:
        model = GridRule
        fields = [
            "id", "charger", "rule_id", "kind", "is_default", "is_superseded", "settings", "taken_at", "reported_at",
            "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class GridAlarmSerializer(OfCharger):
    class Meta:
        model = GridAlarm
        fields = ["id", "charger", "kind", "fault", "info", "began_at", "ended_at", "heard_at"]
        read_only_fields = fields


class ReserveSignalSerializer(OfCharger):
    class Meta:
        model = ReserveSignal
        fields = ["id", "charger", "signal", "at"]
        read_only_fields = fields


class ChargeTermsSerializer(OfCharger):
    class Meta:
        model = ChargeTerms
        fields = ["id", "charger", "reference", "is_first", "first_since", "transfer_modes", "changed_at"]
        read_only_fields = fields


class DynamicLimitSerializer(OfCharger):
    class Meta:
        model = DynamicLimit
        fields = ["id", "charger", "profile_id", "rates", "set_at", "asked_at"]
        read_only_fields = fields


class EventStreamSerializer(OfCharger):
    class Meta:
        model = EventStream
        fields = [
            "id", "charger", "number", "monitor_id", "interval_s", "values_at_once", "opened_at", "closed_at",
            "value_count", "last_value", "last_value_at", "pending",
        ]  # fmt: skip
        read_only_fields = fields


class StreamValueSerializer(Row[Any]):
    stream = serializers.IntegerField(source="stream_id", read_only=True)

    class Meta:
        model = StreamValue
        fields = ["id", "stream", "at", "heard_at", "value"]
        read_only_fields = fields


class SwappedBatterySerializer(Row[SwappedBattery]):
    class Meta:
        model = SwappedBattery
        fields = ["step", "slot", "serial", "soc_percent", "health_percent", "made_at", "info"]
        read_only_fields = fields


class BatterySwapSerializer(OfCharger):
    """Without the card's number, which would be enough to copy the card."""

    batteries = SwappedBatterySerializer(many=True, read_only=True)

    class Meta:
        model = BatterySwap
        fields = ["id", "charger", "request_id", "step", "began_at", "changed_at", "batteries"]
        read_only_fields = fields


class HeldTariffSerializer(OfCharger):
    class Meta:
        model = HeldTariff
        fields = [
            "id", "charger", "tariff_id", "evse_number", "reference", "use", "currency", "valid_from", "taken_at",
            "listed_at",
        ]  # fmt: skip
        read_only_fields = fields


class ChargeCostSerializer(OfCharger):
    class Meta:
        model = ChargeCost
        fields = [
            "id", "charger", "reference", "tariff_id", "currency", "counted_before_tax", "counted_with_tax",
            "counted_energy_wh", "failure", "told_total", "told_at", "changed_at",
        ]  # fmt: skip
        read_only_fields = fields


class SettlementSerializer(OfCharger):
    class Meta:
        model = Settlement
        fields = [
            "id", "charger", "psp_reference", "reference", "state", "amount", "at", "heard_at", "info",
            "receipt_number", "receipt_url", "company_name", "company_address", "vat_number",
        ]  # fmt: skip
        read_only_fields = fields


class VatCheckSerializer(OfCharger):
    class Meta:
        model = VatCheck
        fields = ["id", "charger", "vat_number", "evse_number", "verdict", "at"]
        read_only_fields = fields


class WebPaymentSerializer(OfCharger):
    class Meta:
        model = WebPayment
        fields = ["id", "charger", "evse_number", "since", "until"]
        read_only_fields = fields


class RecordViews(Listed[Model]):
    """The newest first."""

    filters = OF_CHARGER
    ordering = ("-pk",)


class GridRuleViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = GridRule.objects.select_related("charger")
    serializer_class = GridRuleSerializer


class GridAlarmViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = GridAlarm.objects.select_related("charger")
    serializer_class = GridAlarmSerializer


class ReserveSignalViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = ReserveSignal.objects.select_related("charger")
    serializer_class = ReserveSignalSerializer


class ChargeTermsViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = ChargeTerms.objects.select_related("charger")
    serializer_class = ChargeTermsSerializer


class DynamicLimitViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = DynamicLimit.objects.select_related("charger")
    serializer_class = DynamicLimitSerializer


class EventStreamViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = EventStream.objects.select_related("charger")
    serializer_class = EventStreamSerializer


class StreamValueViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = StreamValue.objects.all()
    serializer_class = StreamValueSerializer
    filters = {
        "charger": text("stream__charger__identity__iexact", "Identity of the charger."),
        "stream": number("stream"),
    }


class BatterySwapViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = BatterySwap.objects.select_related("charger").prefetch_related("batteries")
    serializer_class = BatterySwapSerializer


class HeldTariffViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = HeldTariff.objects.select_related("charger")
    serializer_class = HeldTariffSerializer


class ChargeCostViews(RecordViews):
    permissions_needed = {"GET": MONEY}
    queryset = ChargeCost.objects.select_related("charger")
    serializer_class = ChargeCostSerializer


class SettlementViews(RecordViews):
    permissions_needed = {"GET": MONEY}
    queryset = Settlement.objects.select_related("charger")
    serializer_class = SettlementSerializer


class VatCheckViews(RecordViews):
    permissions_needed = {"GET": MONEY}
    queryset = VatCheck.objects.select_related("charger")
    serializer_class = VatCheckSerializer


class WebPaymentViews(RecordViews):
    permissions_needed = {"GET": LOOK}
    queryset = WebPayment.objects.select_related("charger")
    serializer_class = WebPaymentSerializer


RECORDS: Mapping[str, type[RecordViews]] = {
    "grid-rules": GridRuleViews,
    "grid-alarms": GridAlarmViews,
    "reserve-signals": ReserveSignalViews,
    "charge-terms": ChargeTermsViews,
    "dynamic-limits": DynamicLimitViews,
    "event-streams": EventStreamViews,
    "stream-values": StreamValueViews,
    "battery-swaps": BatterySwapViews,
    "held-tariffs": HeldTariffViews,
    "charge-costs": ChargeCostViews,
    "settlements": SettlementViews,
    "vat-checks": VatCheckViews,
    "web-payments": WebPaymentViews,
}
