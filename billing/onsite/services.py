"""What chargers tell of money at the charger, kept; and what they are given: prices, receipts, verdicts."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import Tariff
from billing.onsite.models import ChargeCost, HeldTariff, Settlement, VatCheck, VatVerdict, WebPayment
from billing.onsite.tariffs import as_station_tariff
from billing.onsite.vat import Form, Register, Registered, form_of
from billing.services.price import price_list_of
from chargers.commands import StationTariff
from chargers.events import (
    PaymentSettled,
    Receipt,
    TariffsGone,
    TariffsListed,
    TariffTaken,
    Terms,
    VatDecision,
    VatNumberAsked,
    WebPaymentAwaited,
)
from chargers.models import Charger

NOTES = {
    VatVerdict.WELL_FORMED: "Its form is right; whether it is registered was not looked up.",
    VatVerdict.NOT_REGISTERED: "The register does not have it.",
    VatVerdict.MALFORMED: "No VAT number has this form.",
    VatVerdict.UNKNOWN: "The form of this country's numbers is not known here.",
}


def station_tariff(tariff: Tariff, *, depot_zone: str) -> StationTariff:
    """`tariff` in a charger's words; each version is a row, so that another content has another id (I08.FR.08).

    Raises TariffNotExpressible, and PriceUnknown where what is stored cannot be read.
    """
    prices = price_list_of(tariff, depot_zone=depot_zone)
    return as_station_tariff(
        prices,
        tariff_id=f"{tariff.name[:40]} {tariff.pk}",
        currency=tariff.currency,
        price_per_session=tariff.price_per_session,
        tax_percent=tariff.tax_percent,
        station_zone=depot_zone,
        words=tariff.name,
    )


# Price lists


def take_tariff(charger: Charger, event: TariffTaken, *, now: datetime) -> None:
    """A default one takes the place of those before it at the EVSE (I07)."""
    use = "DriverTariff" if event.reference else "DefaultTariff"
    held = HeldTariff.objects.filter(charger=charger)
    if event.reference:
        held.filter(reference=event.reference).delete()
    else:
        before = held.filter(use=use, valid_from=event.valid_from)
        (before if event.evse == 0 else before.filter(evse_number=event.evse)).delete()
    HeldTariff.objects.create(
        charger=charger,
        tariff_id=event.tariff_id,
        evse_number=event.evse,
        reference=event.reference,
        use=use,
        currency=event.currency,
        valid_from=event.valid_from,
        taken_at=now,
    )


def keep_listed(charger: Charger, event: TariffsListed, *, now: datetime) -> None:
    """What it lists is what it holds: what we thought beside that is forgotten."""
    held = HeldTariff.objects.filter(charger=charger)
    known = {row.tariff_id: row for row in held}
    (held if event.evse == 0 else held.filter(evse_number__in=(0, event.evse))).delete()
    for told in event.tariffs:
        before = known.get(told.tariff_id)
        for number in told.evses or (0,):
            HeldTariff.objects.update_or_create(
                charger=charger,
                tariff_id=told.tariff_id,
                evse_number=number,
                reference=before.reference if before else "",
                defaults={
                    "use": told.use.value,
                    "currency": before.currency if before else "",
                    "valid_from": told.valid_from,
                    "taken_at": before.taken_at if before else None,
                    "listed_at": now,
                },
            )


def drop_tariffs(charger: Charger, event: TariffsGone) -> int:
    held = HeldTariff.objects.filter(charger=charger, use="DefaultTariff", tariff_id__in=event.tariff_ids)
    if event.evse:
        held = held.filter(evse_number=event.evse)
    return held.delete()[0]


# Costs


def keep_terms(charger: Charger, reference: str, terms: Terms, *, now: datetime) -> None:
    told: dict[str, object] = {"changed_at": now}
    if terms.tariff_id:
        told["tariff_id"] = terms.tariff_id
    if terms.cost is not None:
        cost = terms.cost
        told |= {
            "currency": cost.currency,
            "counted_before_tax": cost.before_tax,
            "counted_with_tax": cost.with_tax,
            "counted_energy_wh": cost.energy_wh,
            "failure": cost.failure[:500],
        }
        if cost.tariff_id:
            told["tariff_id"] = cost.tariff_id
    ChargeCost.objects.update_or_create(charger=charger, reference=reference, defaults=told)


def note_told_cost(charger: Charger, reference: str, total: Decimal, *, now: datetime) -> None:
    told = {"told_total": total, "told_at": now, "changed_at": now}
    ChargeCost.objects.update_or_create(charger=charger, reference=reference, defaults=told)


# Payment


def keep_settlement(charger: Charger, event: PaymentSettled, *, now: datetime) -> Receipt:
    """The receipt is ours where it was paid and the terminal made none (C21.FR.03): a number by which it is found."""
    company = event.company
    row, _ = Settlement.objects.get_or_create(
        charger=charger,
        psp_reference=event.psp_reference,
        reference=event.reference,
        state=event.state.value,
        amount=event.amount,
        at=event.at,
        defaults={
            "heard_at": now,
            "info": event.info,
            "receipt_number": event.receipt.number,
            "receipt_url": event.receipt.url,
            "company_name": company.name if company else "",
            "company_address": _address(event) if company else "",
            "vat_number": event.vat_number,
        },
    )
    if event.state.value != "Settled":
        return Receipt()
    if not row.receipt_number and not row.receipt_url:
        row.receipt_number = f"R{row.pk:08d}"
        row.save(update_fields=["receipt_number"])
        return Receipt(number=row.receipt_number)
    return Receipt() if event.receipt.number or event.receipt.url else Receipt(row.receipt_number)


def _address(event: PaymentSettled) -> str:
    assert event.company is not None
    company = event.company
    return f"{company.address}, {company.postal_code} {company.city}, {company.country}"[:400]


def judge_vat_number(
    charger: Charger, event: VatNumberAsked, *, now: datetime, register: Register | None = None
) -> VatDecision:
    """By the number's own form, and by a register where there is one: an unknown form is never said to be right."""
    verdict, found = _verdict(event.vat_number, register)
    VatCheck.objects.create(
        charger=charger, vat_number=event.vat_number, evse_number=event.evse, verdict=verdict, at=now
    )
    is_accepted = verdict in (VatVerdict.REGISTERED, VatVerdict.WELL_FORMED)
    decision = VatDecision(is_accepted=is_accepted, vat_number=event.vat_number, evse=event.evse)
    if verdict == VatVerdict.REGISTERED:
        return replace(decision, company=found.company if found else None)
    reason = {VatVerdict.WELL_FORMED: "NoError", VatVerdict.UNKNOWN: "Unspecified"}.get(verdict, "InvalidValue")
    return replace(decision, reason=reason, note=NOTES[verdict])


def _verdict(vat_number: str, register: Register | None) -> tuple[VatVerdict, Registered | None]:
    form = form_of(vat_number)
    if form is Form.WRONG:
        return VatVerdict.MALFORMED, None
    told = register(vat_number) if register is not None else None
    if isinstance(told, Registered):
        return VatVerdict.REGISTERED, told
    if told is False:
        return VatVerdict.NOT_REGISTERED, None
    return (VatVerdict.WELL_FORMED if form is Form.RIGHT else VatVerdict.UNKNOWN), None


def await_payment(charger: Charger, event: WebPaymentAwaited, *, now: datetime) -> None:
    WebPayment.objects.update_or_create(
        charger=charger,
        evse_number=event.evse,
        defaults={"since": now, "until": now + timedelta(seconds=max(event.timeout_s, 0))},
    )
