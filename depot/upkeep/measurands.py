"""Which measured values a charger sends, as against those that it was set to send (quirk 51)."""

import json
from datetime import datetime, timedelta

from chargers.choices import Standing
from chargers.models import Charger, SettingValue
from chargers.trace import recorder
from sessions.models import MeterReading

CONFIGURED_BY = ("metervaluessampleddata", "txupdatedmeasurands")
# A charger may leave a value out now and then; one that is in none of so many readings is not sent.
READINGS_LOOKED_AT = 50
READINGS_AT_LEAST = 10
LOOKED_BACK = timedelta(days=1)
USUAL = "Energy.Active.Import.Register"


def received(charger_id: int, *, since: datetime) -> tuple[set[str], int]:
    """The measurands of its newest readings, and how many readings those were."""
    rows = MeterReading.objects.filter(charger=charger_id, heard_at__gte=since).order_by("-pk")
    told = list(rows.values_list("samples", "energy_wh", "power_w", "soc_percent")[:READINGS_LOOKED_AT])
    names: set[str] = set()
    for samples, energy_wh, power_w, soc_percent in told:
        names |= {str(sample[0] or USUAL) for sample in json.loads(samples or "[]")}
        kept = ((energy_wh, USUAL), (power_w, "Power.Active.Import"), (soc_percent, "SoC"))
        names |= {name for value, name in kept if value is not None}
    return names, len(told)


def configured(charger: Charger) -> set[str]:
    rows = SettingValue.objects.filter(charger=charger, attribute="Actual").values_list("variable", "value")
    texts = [value or "" for variable, value in rows if variable.casefold() in CONFIGURED_BY]
    return {name.strip() for text in texts for name in text.split(",") if name.strip()}


def never_sent(charger: Charger, *, now: datetime) -> set[str]:
    """What it was set to send and does not; nothing where too little was heard to say so."""
    names, readings = received(charger.pk, since=now - LOOKED_BACK)
    if readings < READINGS_AT_LEAST:
        return set()
    heard = {name.casefold() for name in names}
    return {name for name in configured(charger) if name.casefold() not in heard}


def note_never_sent(now: datetime) -> int:
    """A nightly look at every charger: what is missing stands with its oddities, where a meter beside it is advised."""
    noted = 0
    for charger in Charger.objects.filter(standing=Standing.ADOPTED):
        for name in sorted(never_sent(charger, now=now)):
            advice = "set to be measured and never sent: a meter of its own could tell it"
            recorder.count(charger.pk, f"{name} is configured, not received"[:120], advice, now)
            noted += 1
    return noted
