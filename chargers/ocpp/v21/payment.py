"""Price lists, payment at the charger, receipts (2.1 C18-C25, I07-I11)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from chargers.commands import (
    AwaitWebPayment,
    ChangeTransactionTariff,
    ClearTariffs,
    GiveDefaultTariff,
    KwhPrice,
    ReadTariffs,
    StationTariff,
)
from chargers.events import (
    Company,
    HeldTariff,
    PaymentSettled,
    Receipt,
    SettlementState,
    TariffsGone,
    TariffsListed,
    TariffTaken,
    TariffUse,
    VatDecision,
    VatNumberAsked,
    WebPaymentAwaited,
)
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.charge_terms import read_amount
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v2x.words import STATUS_LENGTH, hear_status, read_number
from chargers.ocpp.values import moment, wire_moment

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


# Price lists


@v21.asks(GiveDefaultTariff)
def give_default(command: GiveDefaultTariff) -> Call:
    return Call("SetDefaultTariff", {"evseId": command.evse, "tariff": write_tariff(command.tariff)})


@v21.hears("SetDefaultTariff")
def default_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return _taken(request["tariff"], response, evse=request["evseId"])


@v21.asks(ChangeTransactionTariff)
def change(command: ChangeTransactionTariff) -> Call:
    return Call("ChangeTransactionTariff", {"transactionId": command.reference, "tariff": write_tariff(command.tariff)})


@v21.hears("ChangeTransactionTariff")
def changed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return _taken(request["tariff"], response, reference=request["transactionId"])


def _taken(tariff: Payload, response: Payload, *, evse: int = 0, reference: str = "") -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    event = TariffTaken(
        tariff_id=tariff["tariffId"],
        evse=evse,
        reference=reference,
        currency=tariff["currency"],
        valid_from=moment(tariff.get("validFrom")),
    )
    return Hearing(True, hearing.status, (event,))


def write_tariff(tariff: StationTariff) -> Payload:
    taxes: Payload = {}
    if tariff.tax_percent:
        taxes = {"taxRates": [{"type": "vat", "tax": float(tariff.tax_percent)}]}
    payload: Payload = {
        "tariffId": tariff.tariff_id,
        "currency": tariff.currency,
        "energy": {"prices": [_write_price(price) for price in tariff.kwh_prices]} | taxes,
    }
    if tariff.price_per_session:
        payload["fixedFee"] = {"prices": [{"priceFixed": float(tariff.price_per_session)}]} | taxes
    if tariff.words:
        payload["description"] = [{"format": "UTF8", "content": tariff.words}]
    if tariff.valid_from is not None:
        payload["validFrom"] = wire_moment(tariff.valid_from)
    return payload


def _write_price(price: KwhPrice) -> Payload:
    told: Mapping[str, object] = {
        "startTimeOfDay": price.begins,
        "endTimeOfDay": price.ends,
        "dayOfWeek": [WEEKDAYS[day - 1] for day in price.weekdays],
        "validFromDate": price.first_day,
        "validToDate": price.last_day,
    }
    conditions = {name: value for name, value in told.items() if value}
    return {"priceKwh": float(price.price)} | ({"conditions": conditions} if conditions else {})


@v21.asks(ReadTariffs)
def read(command: ReadTariffs) -> Call:
    return Call("GetTariffs", {"evseId": command.evse})


@v21.hears("GetTariffs")
def listed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NoTariff: it holds none, which is an answer (I09.FR.03).
    hearing = hear_status(response, "Accepted", "NoTariff")
    if not hearing.accepted:
        return hearing
    held = tuple(
        HeldTariff(
            tariff_id=told["tariffId"],
            use=TariffUse(told["tariffKind"]),
            evses=tuple(number for one in told.get("evseIds") or () if (number := read_number(one))),
            valid_from=moment(told.get("validFrom")),
        )
        for told in response.get("tariffAssignments") or ()
    )
    return Hearing(True, hearing.status, (TariffsListed(evse=request["evseId"], tariffs=held),))


@v21.asks(ClearTariffs)
def clear(command: ClearTariffs) -> Call:
    payload: Payload = {}
    if command.tariff_ids:
        payload["tariffIds"] = list(command.tariff_ids)
    if command.evse is not None:
        payload["evseId"] = command.evse
    return Call("ClearTariffs", payload)


@v21.hears("ClearTariffs")
def cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    """NoTariff: it is not there, which is what was wanted (I10.FR.06)."""
    told = response["clearTariffsResult"]
    gone = {one["tariffId"] for one in told if "tariffId" in one and one["status"] != "Rejected"}
    if any(one["status"] == "NoTariff" for one in told):
        gone |= set(request.get("tariffIds") or ())
    kept = [one["status"] for one in told if one["status"] == "Rejected"]
    event = TariffsGone(tariff_ids=tuple(sorted(gone)), evse=request.get("evseId"))
    words = ", ".join(dict.fromkeys(one["status"] for one in told))[:STATUS_LENGTH]
    return Hearing(not kept, words, (event,) if gone else ())


# Payment


@v21.tells("NotifySettlement")
def settled(said: Payload, heard_at: datetime) -> PaymentSettled:
    word = said["status"]
    is_known = word in list(SettlementState)
    return PaymentSettled(
        psp_reference=said["pspRef"],
        # A word that nobody knows is no payment: it is told as one that a person looks after, with the word itself.
        state=SettlementState(word) if is_known else SettlementState.FAILED,
        amount=read_amount(said["settlementAmount"]) or Decimal(0),
        at=moment(said.get("settlementTime")) or heard_at,
        reference=said.get("transactionId") or "",
        info=(said.get("statusInfo") or "") if is_known else f"{word} {said.get('statusInfo') or ''}".strip(),
        receipt=Receipt(said.get("receiptId") or "", said.get("receiptUrl") or ""),
        company=_company(said.get("vatCompany")),
        vat_number=said.get("vatNumber") or "",
    )


@v21.answers("NotifySettlement")
def settled_answer(receipt: Receipt) -> Payload:
    told = {"receiptId": receipt.number, "receiptUrl": receipt.url}
    return {name: value for name, value in told.items() if value}


def _company(said: Payload | None) -> Company | None:
    if not said:
        return None
    address = ", ".join(said[name] for name in ("address1", "address2") if said.get(name))
    return Company(
        name=said["name"],
        address=address,
        city=said["city"],
        country=said["country"],
        postal_code=said.get("postalCode") or "",
    )


@v21.tells("VatNumberValidation")
def vat_number(said: Payload, heard_at: datetime) -> VatNumberAsked:
    evse = said.get("evseId")
    return VatNumberAsked(vat_number=said["vatNumber"], evse=None if evse is None else int(evse))


@v21.answers("VatNumberValidation")
def vat_answer(decision: VatDecision) -> Payload:
    payload: Payload = {
        "vatNumber": decision.vat_number,
        "status": "Accepted" if decision.is_accepted else "Rejected",
    }
    if decision.evse is not None:
        payload["evseId"] = decision.evse  # C18.FR.10
    if decision.reason:
        payload["statusInfo"] = {"reasonCode": decision.reason[:20]}
        if decision.note:
            payload["statusInfo"]["additionalInfo"] = decision.note[:1024]
    if decision.company is not None:
        company = decision.company
        payload["company"] = {
            "name": company.name[:50],
            "address1": company.address[:100],
            "city": company.city[:100],
            "country": company.country[:50],
        } | ({"postalCode": company.postal_code[:20]} if company.postal_code else {})
    return payload


@v21.asks(AwaitWebPayment)
def await_web_payment(command: AwaitWebPayment) -> Call:
    return Call("NotifyWebPaymentStarted", {"evseId": command.evse, "timeout": command.timeout_s})


@v21.hears("NotifyWebPaymentStarted")
def awaited(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return Hearing(True, "", (WebPaymentAwaited(evse=request["evseId"], timeout_s=request["timeout"]),))
