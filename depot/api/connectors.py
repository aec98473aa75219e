"""EVSEs and their connectors: how they are, how old that is, and whether their charger can be reached."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chargers.choices import ConnectorStatus
from chargers.models import Capability, Connector, Evse
from chargers.queries import NEVER, Link, links_of
from depot import clock
from depot.access.filters import number, one_of, text
from depot.api.base import Listed, Retrieved
from depot.api.fields import Moment, Row
from depot.models import Bay

PLACED_EVSES = Evse.objects.select_related("bay__depot").prefetch_related("connectors")


def _link_of(serializer: serializers.BaseSerializer[Any], charger_id: int) -> Link:
    links: dict[int, Link] = serializer.context.get("links", {})
    return links.get(charger_id, NEVER)


class BayRefSerializer(Row[Bay]):
    depot_name = serializers.CharField(source="depot.name", read_only=True)

    class Meta:
        model = Bay
        fields = ["id", "name", "depot", "depot_name"]
        read_only_fields = fields


class ConnectorSerializer(Row[Connector]):
    """One cable, and what the charger last said of it. `heard_at` is ours: the newest heard is what holds."""

    state_age_s = serializers.SerializerMethodField(help_text="How old the state is; null: never told.")

    class Meta:
        model = Connector
        fields = [
            "id", "number", "type", "status", "raw_status", "error_code", "vendor_error_code", "info", "status_at",
            "heard_at", "state_age_s",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": ["integer", "null"], "minimum": 0})
    def get_state_age_s(self, connector: Connector) -> int | None:
        if connector.heard_at is None:
            return None
        return max(0, int((clock.now() - connector.heard_at).total_seconds()))


class EvseSerializer(Row[Evse]):
    bay = serializers.SerializerMethodField()
    connectors = ConnectorSerializer(many=True, read_only=True)

    class Meta:
        model = Evse
        fields = [
            "id", "number", "bay", "max_w", "phases", "is_dc", "exclusion_group", "power_w", "power_at", "connectors",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(BayRefSerializer(allow_null=True))
    def get_bay(self, evse: Evse) -> Any:
        bay = getattr(evse, "bay", None)
        return BayRefSerializer(bay, context=self.context).data if bay else None


class CapabilitySerializer(Row[Capability]):
    class Meta:
        model = Capability
        fields = ["name", "value", "evidence", "firmware", "seen_at"]
        read_only_fields = fields


class LinkedSerializer(serializers.Serializer[Any]):
    """Whether it can be reached now; times are real time."""

    is_online = serializers.SerializerMethodField()
    link_since = serializers.SerializerMethodField(help_text="Online or offline since then.")
    last_heard_at = serializers.SerializerMethodField(help_text="When anything was last heard of it.")

    def charger_id(self, row: Any) -> int:
        return int(row.pk)

    def get_is_online(self, row: Any) -> bool:
        return _link_of(self, self.charger_id(row)).is_online

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_link_since(self, row: Any) -> str | None:
        return _moment(_link_of(self, self.charger_id(row)).since)

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_last_heard_at(self, row: Any) -> str | None:
        return _moment(_link_of(self, self.charger_id(row)).last_heard_at)


def _moment(at: Any) -> str | None:
    return Moment().to_representation(at) if at else None


class ChargersEvseSerializer(EvseSerializer):
    charger = serializers.CharField(source="charger.identity", read_only=True)

    class Meta(EvseSerializer.Meta):
        fields = ["id", "charger", *EvseSerializer.Meta.fields[1:]]
        read_only_fields = fields


class EvseViews(Listed[Evse], Retrieved[Evse]):
    """Where one vehicle charges; bays and sessions point at these."""

    permissions_needed = {"GET": "chargers.view_evse"}
    queryset = PLACED_EVSES.select_related("charger", "bay__depot")
    serializer_class = ChargersEvseSerializer
    filters = {
        "charger": text("charger__identity__iexact", "Identity of the charger."),
        "depot": number("bay__depot"),
        "bay": number("bay"),
    }


class ChargersConnectorSerializer(LinkedSerializer, ConnectorSerializer):
    charger = serializers.CharField(source="evse.charger.identity", read_only=True)
    evse = serializers.IntegerField(source="evse_id", read_only=True)
    evse_number = serializers.IntegerField(source="evse.number", read_only=True)
    protocol = serializers.CharField(source="evse.charger.protocol", read_only=True)
    firmware = serializers.CharField(source="evse.charger.firmware", read_only=True)
    capabilities = CapabilitySerializer(source="evse.charger.capabilities", many=True, read_only=True)
    bay = serializers.SerializerMethodField()

    class Meta(ConnectorSerializer.Meta):
        fields = [
            "id", "charger", "evse", "evse_number", "bay", *ConnectorSerializer.Meta.fields[1:],
            "is_online", "link_since", "last_heard_at", "protocol", "firmware", "capabilities",
        ]  # fmt: skip
        read_only_fields = fields

    def charger_id(self, row: Connector) -> int:
        return row.evse.charger_id

    @extend_schema_field(BayRefSerializer(allow_null=True))
    def get_bay(self, connector: Connector) -> Any:
        bay = getattr(connector.evse, "bay", None)
        return BayRefSerializer(bay, context=self.context).data if bay else None


class ConnectorViews(Listed[Connector], Retrieved[Connector]):
    """The cables: state, how old it is, and whether the charger can be reached."""

    permissions_needed = {"GET": "chargers.view_connector"}
    queryset = Connector.objects.select_related("evse__charger", "evse__bay__depot").prefetch_related(
        "evse__charger__capabilities"
    )
    serializer_class = ChargersConnectorSerializer
    filters = {
        "charger": text("evse__charger__identity__iexact", "Identity of the charger."),
        "evse": number("evse"),
        "depot": number("evse__bay__depot"),
        "status": one_of("status", [status.value for status in ConnectorStatus]),
    }

    def beside(self, rows: Sequence[Connector]) -> dict[str, Any]:
        return {"links": links_of({row.evse.charger_id for row in rows})}
