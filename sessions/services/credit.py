"""Prepaid credit: it rises when it is paid in and falls by what each charge came to."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from sessions.models import CreditEntry, IdToken


@transaction.atomic
def add_credit(
    token: IdToken,
    amount: Decimal,
    *,
    now: datetime,
    author: AbstractBaseUser | None = None,
    note: str = "",
    transaction_seq: int | None = None,
) -> CreditEntry:
    """Credit rises, or falls by what a transaction came to; the first makes the token a prepaid one."""
    held = IdToken.objects.select_for_update().get(pk=token.pk)
    held.prepaid_balance = (held.prepaid_balance or Decimal(0)) + amount
    held.save(update_fields=["prepaid_balance"])
    return CreditEntry.objects.create(
        token=held,
        at=now,
        amount=amount,
        balance=held.prepaid_balance,
        author=author,  # type: ignore[misc]
        note=note[:200],
        transaction_seq=transaction_seq,
    )


@transaction.atomic
def end_credit(token: IdToken, *, now: datetime, author: AbstractBaseUser | None = None) -> CreditEntry | None:
    """The token is no longer prepaid: what was left is gone, and charges are paid by nobody's credit."""
    held = IdToken.objects.select_for_update().get(pk=token.pk)
    if held.prepaid_balance is None:
        return None
    left, held.prepaid_balance = held.prepaid_balance, None
    held.save(update_fields=["prepaid_balance"])
    return CreditEntry.objects.create(
        token=held,
        at=now,
        amount=-left,
        balance=Decimal(0),
        author=author,  # type: ignore[misc]
        note="No longer prepaid",
        is_end=True,
    )
