"""What the API says of transactions, control totals and tariffs: its fields, in the order of the CSV's columns."""

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rest_framework import serializers

from billing.bill import PartKind
from billing.models import Tariff, Transaction, TransactionKind
from billing.pricing import Period, PeriodUnreadable
from billing.services import DayTotals, DepotTotal
from billing.services.facts import kwh, rfc3339

GRADES = ["measured", "estimated", "unknown"]


class KwhField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=3, **kwargs)


class MoneyField(serializers.DecimalField):
    """With as many decimals as its currency has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=3, **kwargs)


class CorrectionSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    author = serializers.CharField()


class NamedDepotSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class BilledVehicleSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    unit_number = serializers.CharField()
    vin = serializers.CharField()
    cost_centre = serializers.CharField()


class CostPartSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[str(kind) for kind in PartKind])
    # A declared field is no attribute of the class: DRF's own `label` stays what it is.
    label = serializers.CharField(help_text="Of the period, as the tariff names it")  # type: ignore[assignment]
    energy_kwh = KwhField(allow_null=True)
    price_per_kwh = serializers.DecimalField(max_digits=10, decimal_places=5, allow_null=True)
    amount = MoneyField()


class TariffVersionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class QualityNoteSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    note = serializers.CharField()


class QualitySerializer(serializers.Serializer[Any]):
    energy = serializers.ChoiceField(choices=GRADES)
    times = serializers.ChoiceField(choices=GRADES)
    cost = serializers.ChoiceField(choices=GRADES)
    notes = QualityNoteSerializer(many=True, help_text="What is estimated, repaired or missing, and why")


class TransactionSerializer(serializers.Serializer[Transaction]):
    """One row of the feed. It never changes; a mistake is answered by a credit and a replacement."""

    seq = serializers.IntegerField(help_text="Gapless and rising within an epoch")
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=TransactionKind.values)
    replaces = serializers.IntegerField(
        allow_null=True, help_text="The `seq` of the row that a credit takes back and a replacement takes the place of"
    )
    correction = CorrectionSerializer(allow_null=True)
    session = serializers.IntegerField()
    depot = NamedDepotSerializer(allow_null=True)
    bay = serializers.CharField()
    charger = serializers.CharField(help_text="Its identity")
    evse = serializers.IntegerField(allow_null=True)
    connector = serializers.IntegerField(allow_null=True)
    vehicle = BilledVehicleSerializer(allow_null=True)
    id_token = serializers.CharField()
    driver = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    booked_on = serializers.DateField(help_text="The day of booking in the depot's zone")
    recorded_at = serializers.DateTimeField(help_text="Never falls while `seq` rises")
    time_zone = serializers.CharField(help_text="Of the depot")
    meter_start_wh = serializers.IntegerField(allow_null=True)
    meter_stop_wh = serializers.IntegerField(allow_null=True)
    energy_kwh = KwhField(allow_null=True, help_text="Negative in a credit")
    energy_exported_kwh = KwhField(
        allow_null=True, help_text="Given back by the vehicle, by a register of its own; null where there is none"
    )
    soc_start = serializers.FloatField(allow_null=True, help_text="Percent")
    soc_stop = serializers.FloatField(allow_null=True, help_text="Percent")
    charging_seconds = serializers.IntegerField(allow_null=True, help_text="In which energy flowed")
    idle_seconds = serializers.IntegerField(allow_null=True, help_text="In which none did")
    cost = MoneyField(allow_null=True, help_text="In all; null where it cannot be computed, and `quality` says why")
    cost_before_tax = MoneyField(allow_null=True)
    tax = MoneyField(allow_null=True)
    tax_percent = serializers.DecimalField(max_digits=6, decimal_places=3, allow_null=True)
    cost_parts = CostPartSerializer(many=True, help_text="Their amounts add up to `cost`")
    currency = serializers.CharField(help_text="ISO 4217; empty where nobody said one")
    tariff = TariffVersionSerializer(allow_null=True)
    stop_reason = serializers.CharField(help_text="In the charger's words")
    quality = QualitySerializer()

    def to_representation(self, instance: Transaction) -> dict[str, Any]:
        """Frozen facts as they are: nothing is formatted anew. A JSON column keeps no order, so it is given here."""
        own = {
            "seq": instance.seq,
            "id": instance.pk,
            "kind": instance.kind,
            "replaces": instance.replaces.seq if instance.replaces else None,
            "correction": (
                {"reason": instance.correction_reason, "author": instance.correction_author}
                if instance.replaces
                else None
            ),
            "booked_on": instance.booked_on.isoformat(),
            "recorded_at": rfc3339(instance.recorded_at),
        }
        told = {"energy_exported_kwh": None} | instance.facts | own  # rows of old have no word of it
        return {name: told[name] for name, _ in self.fields.items()}


class FeedPageSerializer(serializers.Serializer[Any]):
    results = TransactionSerializer(many=True)
    next_after = serializers.IntegerField(help_text="Ask next for `after` this: the last `seq` that was looked at")
    has_more = serializers.BooleanField(help_text="There are more rows already")
    epoch = serializers.CharField(
        help_text="Changes when the depot was restored from a backup: compare the mirror by control totals then"
    )


class DepotTotalSerializer(serializers.Serializer[DepotTotal]):
    depot = NamedDepotSerializer(allow_null=True)
    currency = serializers.CharField()
    count = serializers.IntegerField(help_text="Rows, credits and replacements included")
    without_cost = serializers.IntegerField(help_text="Rows whose cost is null")
    energy_kwh = KwhField()
    cost = MoneyField()
    final = serializers.BooleanField(help_text="The day is over at this depot: nothing is added any more")

    def to_representation(self, instance: DepotTotal) -> dict[str, Any]:
        known = instance.depot_key is not None
        return {
            "depot": {"id": instance.depot_key, "name": instance.depot_name} if known else None,
            "currency": instance.currency,
            "count": instance.count,
            "without_cost": instance.without_cost,
            "energy_kwh": kwh(instance.energy_wh),
            "cost": str(instance.cost),
            "final": instance.is_final,
        }


class ControlTotalsSerializer(serializers.Serializer[DayTotals]):
    date = serializers.DateField()
    through_seq = serializers.IntegerField(help_text="Rows up to this `seq` are counted")
    epoch = serializers.CharField()
    final = serializers.BooleanField(help_text="The day is over everywhere: no depot is added any more")
    depots = DepotTotalSerializer(many=True)

    def to_representation(self, instance: DayTotals) -> dict[str, Any]:
        return {
            "date": instance.day.isoformat(),
            "through_seq": instance.through_seq,
            "epoch": instance.epoch,
            "final": instance.is_final,
            "depots": [DepotTotalSerializer().to_representation(total) for total in instance.depots],
        }


class PeriodSerializer(serializers.Serializer[Any]):
    """A price for a window of the day. Over midnight it belongs to the day on which it begins."""

    label = serializers.CharField(required=False, allow_blank=True, max_length=40)  # type: ignore[assignment]
    price_per_kwh = serializers.DecimalField(max_digits=10, decimal_places=5, min_value=0)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        required=False,
        min_length=1,
        max_length=7,
        help_text="1 is Monday; all where it is left out",
    )
    months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), required=False, min_length=1, max_length=12
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "from" is a word of Python's own and no name for an attribute.
        return super().get_fields() | {
            "from": serializers.RegexField(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", required=False),
            "to": serializers.RegexField(r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", required=False),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "price_per_kwh" not in attrs:
            # A PATCH lets fields out at every depth; a period is told as a whole.
            raise serializers.ValidationError({"price_per_kwh": ["This field is required."]})
        stored = attrs | {"price_per_kwh": f"{attrs['price_per_kwh']:f}"}
        try:
            Period.read(stored)
        except PeriodUnreadable as error:
            raise serializers.ValidationError({error.field: [error.why]}) from error
        return stored

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        return dict(instance)


class TariffSerializer(serializers.ModelSerializer[Tariff]):
    """A price list in one version. Prices are before tax. A change makes the next version."""

    name = serializers.CharField(max_length=80, help_text="The same for all versions")
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217")
    time_zone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Blank: that of the depot where it is used"
    )
    periods = PeriodSerializer(many=True, required=False, max_length=100)  # type: ignore[call-arg]
    price_per_kwh = serializers.DecimalField(max_digits=10, decimal_places=5, min_value=0)
    price_per_session = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=0, required=False)
    tax_percent = serializers.DecimalField(max_digits=6, decimal_places=3, min_value=0, max_value=100, required=False)

    class Meta:
        model = Tariff
        fields = [
            "id",
            "name",
            "version",
            "currency",
            "time_zone",
            "price_per_kwh",
            "periods",
            "price_per_session",
            "tax_percent",
            "valid_from",
            "created_at",
            "replaced_by",
        ]
        read_only_fields = ["id", "version", "created_at", "replaced_by"]
        # A name that is taken is answered by the service, which alone cannot be overtaken by another.
        validators: ClassVar[list[Any]] = []

    def validate_name(self, name: str) -> str:
        if self.instance is not None and name != self.instance.name:
            raise serializers.ValidationError("All versions of a tariff have one name.")
        return name

    def validate_time_zone(self, name: str) -> str:
        if not name:
            return name
        try:
            return ZoneInfo(name).key
        except (LookupError, ValueError, OSError) as error:
            raise serializers.ValidationError("A time zone such as Europe/Berlin is expected.") from error
