"""What holds for groups of cards, and the credit of prepaid ones."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from depot import clock
from depot.access.audit import note
from depot.access.filters import text
from depot.access.idempotency import Caused, caused_once
from depot.api.base import Kept, Listed
from depot.api.fields import Row
from sessions.models import CreditEntry, IdToken, TokenGroup
from sessions.services import add_credit


class TokenGroupSerializer(Row[TokenGroup]):
    max_concurrent = serializers.IntegerField(
        min_value=0, max_value=32_767, required=False, allow_null=True, help_text="Of all its cards together."
    )

    class Meta:
        model = TokenGroup
        fields = ["id", "name", "max_concurrent", "note"]
        read_only_fields = ["id"]


class TokenGroupViews(Kept[TokenGroup]):
    """Cards of one group stop each other's charges; here stands what else holds for them."""

    permissions_needed = {
        "GET": "charging_sessions.view_idtoken",
        "POST": "charging_sessions.add_idtoken",
        "PATCH": "charging_sessions.change_idtoken",
        "DELETE": "charging_sessions.delete_idtoken",
    }
    noun = "group"
    detail_name = "api-token-group"
    queryset = TokenGroup.objects.all()
    serializer_class = TokenGroupSerializer
    filters = {"name": text("name")}


class CreditSerializer(Row[CreditEntry]):
    amount = serializers.DecimalField(10, 2, help_text="Above zero adds credit, below takes it off.")

    class Meta:
        model = CreditEntry
        fields = ["id", "at", "amount", "balance", "transaction_seq", "note"]
        read_only_fields = ["id", "at", "balance", "transaction_seq"]

    def validate_amount(self, amount: Decimal) -> Decimal:
        if not amount:
            raise serializers.ValidationError("Nothing changes by it.")
        return amount


class CreditViews(Listed[IdToken]):
    """A prepaid card: it charges for as much as is left, and each charge is taken off when it is booked."""

    permissions_needed = {"POST": "charging_sessions.change_idtoken"}
    queryset = IdToken.objects.all()
    serializer_class = CreditSerializer  # type: ignore[assignment]

    @extend_schema(request=CreditSerializer, responses={201: CreditSerializer})
    @caused_once
    def add(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Add credit; the first makes the card a prepaid one."""
        token = self.get_object()
        said = CreditSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        amount, words = said.validated_data["amount"], said.validated_data.get("note", "")
        entry = add_credit(token, amount, now=clock.now(), author=self.asker(), note=words)
        note(request, "added credit", token, amount=str(amount))
        return Caused(dict(CreditSerializer(entry).data))
