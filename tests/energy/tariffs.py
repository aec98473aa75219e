"""Published tariffs, as terms: the model of a tariff is right when all of them can be said in it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from depot.energy.billing_month import EPOCH, Metered

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
BRISBANE = ZoneInfo("Australia/Brisbane")
SYDNEY = ZoneInfo("Australia/Sydney")
WORKDAYS = [1, 2, 3, 4, 5]
WEEKEND = [6, 7, 8]
Terms = dict[str, Any]

JUNE_TO_SEPTEMBER = {"summer": [["06-01", "09-30"]], "winter": [["10-01", "05-31"]]}
PEAK = {"from": "16:00", "to": "21:00"}
NOON_TO_SIX = {"from": "12:00", "to": "18:00"}
DAYTIME = {"from": "07:00", "to": "22:00"}
NINE_TO_NINE = {"from": "09:00", "to": "21:00"}

PGE_BEV_2_S: Terms = {
    "currency": "USD",
    "energy": [
        {"label": "Peak", **PEAK, "price_per_kwh": "0.41522"},
        {"label": "Super off-peak", "from": "09:00", "to": "14:00", "price_per_kwh": "0.17872"},
        {"label": "Off-peak", "price_per_kwh": "0.20199"},
    ],
    "subscription": {"block_kw": 50, "price_per_block": "95.56", "overage_per_kw": "3.82"},
}


def sce_tou_ev_8(summer: tuple[str, str, str], winter: tuple[str, str, str], per_kw: str = "0") -> Terms:
    on, mid_summer, off_summer = summer
    mid, off, super_off = winter
    demand = [{"name": "any time", "price_per_kw": per_kw}] if per_kw != "0" else []
    return {
        "currency": "USD",
        "seasons": JUNE_TO_SEPTEMBER,
        "energy": [
            {"label": "On-peak", "season": "summer", "weekdays": WORKDAYS, **PEAK, "price_per_kwh": on},
            {"label": "Mid-peak", "season": "summer", "weekdays": WEEKEND, **PEAK, "price_per_kwh": mid_summer},
            {"label": "Off-peak", "season": "summer", "price_per_kwh": off_summer},
            {"label": "Mid-peak", "season": "winter", **PEAK, "price_per_kwh": mid},
            {"label": "Super off-peak", "season": "winter", "from": "08:00", "to": "16:00", "price_per_kwh": super_off},
            {"label": "Off-peak", "season": "winter", "price_per_kwh": off},
        ],
        "demand": demand,
        "fixed_per_month": "228.13",
    }


SCE_TOU_EV_8_2024 = sce_tou_ev_8(("0.69592", "0.39786", "0.23294"), ("0.44997", "0.24897", "0.12406"))
SCE_TOU_EV_8_2026 = sce_tou_ev_8(("0.60946", "0.3114", "0.22986"), ("0.3635", "0.24589", "0.15939"), "3.258")
# A projection: as the charge on power rises, energy gets cheaper by the same amount at all hours.
SCE_TOU_EV_8_2031 = sce_tou_ev_8(("0.54423", "0.24617", "0.16463"), ("0.29827", "0.18066", "0.09416"), "19.55")
SCE_TOU_EV_8_2018 = sce_tou_ev_8(("0.49619", "0.12597", "0.12597"), ("0.297", "0.13568", "0.07724"))
SCE_TOU_EV_4_2019: Terms = {
    "currency": "USD",
    "seasons": JUNE_TO_SEPTEMBER,
    "energy": [
        {"label": "On-peak", "weekdays": WORKDAYS, "from": "12:00", "to": "18:00", "price_per_kwh": "0.26668"},
        {"label": "Mid-peak", "weekdays": WORKDAYS, "from": "08:00", "to": "23:00", "price_per_kwh": "0.0925"},
        {"label": "Off-peak", "price_per_kwh": "0.05623"},
    ],
    "demand": [{"name": "any time", "price_per_kw": "15.51"}],
}
PGE_A_10_2019: Terms = {
    "currency": "USD",
    "seasons": {"summer": [["05-01", "10-31"]], "winter": [["11-01", "04-30"]]},
    "energy": [
        {"label": "Peak", "season": "summer", "weekdays": WORKDAYS, **NOON_TO_SIX, "price_per_kwh": "0.23223"},
        {"label": "Part-peak", "weekdays": WORKDAYS, "from": "08:30", "to": "21:30", "price_per_kwh": "0.1771"},
        {"label": "Off-peak", "price_per_kwh": "0.14903"},
    ],
    "demand": [
        {"name": "summer", "season": "summer", "price_per_kw": "19.99"},
        {"name": "winter", "season": "winter", "price_per_kw": "11.66"},
    ],
}
SMUD: Terms = {
    "currency": "USD",
    "seasons": JUNE_TO_SEPTEMBER,
    "energy": [
        {"label": "Peak", "season": "summer", "weekdays": WORKDAYS, **PEAK, "price_per_kwh": "0.2341"},
        {"label": "Off-peak", "season": "summer", "price_per_kwh": "0.1215"},
        {"label": "Peak", "season": "winter", "weekdays": WORKDAYS, **PEAK, "price_per_kwh": "0.1477"},
        {"label": "Solar", "season": "winter", "from": "09:00", "to": "16:00", "price_per_kwh": "0.0888"},
        {"label": "Off-peak", "season": "winter", "price_per_kwh": "0.1264"},
    ],
    "demand": [
        {"name": "any time", "price_per_kw": "6.454"},
        {"name": "peak hours", "season": "summer", "weekdays": WORKDAYS, **PEAK, "price_per_kw": "9.960"},
    ],
}
SDGE_EV_HP: Terms = {
    "currency": "USD",
    "seasons": {"summer": [["06-01", "10-31"]], "winter": [["11-01", "05-31"]]},
    "energy": [
        {"label": "On-peak", "season": "summer", **PEAK, "price_per_kwh": "0.29036"},
        {"label": "On-peak", "season": "winter", **PEAK, "price_per_kwh": "0.30199"},
        {"label": "Super off-peak", "from": "00:00", "to": "06:00", "price_per_kwh": "0.12"},
        {"label": "Off-peak", "price_per_kwh": "0.13"},
    ],
    "subscription": {"block_kw": 1, "price_per_block": "4.81", "overage_per_kw": "9.62", "blocks": 100},
}
ENERGEX_NTC8100: Terms = {
    "currency": "AUD",
    "energy": [{"price_per_kwh": "0.00637"}],
    "demand": [{"name": "any time", "price_per_kva": "17.477", "power_factor": "0.9", "interval_min": 30}],
    "fixed_per_day": "33.13",
}
ENERGEX_NTC7100: Terms = {
    "currency": "AUD",
    "energy": [{"price_per_kwh": "0.05686"}],
    "demand": [{"name": "workdays", "weekdays": WORKDAYS, **NINE_TO_NINE, "price_per_kw": "8.568", "interval_min": 30}],
    "fixed_per_day": "0.431",
}
AUSGRID_EA305: Terms = {
    "currency": "AUD",
    "seasons": {"summer": [["11-01", "03-31"]]},
    "energy": [
        {"label": "Peak", "season": "summer", "weekdays": WORKDAYS, **DAYTIME, "price_per_kwh": "0.07"},
        {"label": "Off-peak", "price_per_kwh": "0.03"},
    ],
    "demand": [{"name": "month", "price_per_kva": "0.40", "interval_min": 30}],
    "fixed_per_day": "17",
}
BELGIUM: Terms = {
    "currency": "EUR",
    "energy": [{"price_per_kwh": "0.10"}],
    # 48 euros per kW and year on the mean of twelve months' peaks, each counted as 2.5 kW at least.
    "demand": [{"name": "capacity", "price_per_kw": "4.00", "mean_of_months": 12, "minimum_kw": "2.5"}],
}
WHOLESALE: Terms = {
    "currency": "AUD",
    "energy": [
        {"label": "Network, evening", **PEAK, "price_per_kwh": "0.08"},
        {"label": "Network", "price_per_kwh": "0.02"},
    ],
    "spot": {"times": "1.05", "stands_in_per_kwh": "0.11"},
}
FREE_WINDOW: Terms = {
    "currency": "AUD",
    "energy": [
        {"label": "Free", "from": "11:00", "to": "14:00", "first_kwh": "50", "each": "day", "price_per_kwh": "0"},
        {"label": "Day", "price_per_kwh": "0.30"},
    ],
}
RATCHET: Terms = {
    "currency": "USD",
    "energy": [
        {"label": "First", "first_kwh": "1000", "price_per_kwh": "0.20"},
        {"label": "More", "price_per_kwh": "0.15"},
    ],
    "demand": [{"name": "any time", "price_per_kw": "10", "ratchet": {"months": 11, "share": 0.8}}],
    "export": [{"from": "10:00", "to": "15:00", "price_per_kwh": "0.02"}, {"price_per_kwh": "0.05"}],
    "tax_percent": "20",
}


def a_month_of_nights(powers_kw: Iterable[tuple[int, int, float]], first: date, zone: ZoneInfo) -> list[Metered]:
    """The first 22 weekdays from `first` on: each night (from hour, to hour, kW), hours from 24 on the next morning."""
    series: dict[datetime, float] = {}
    day, nights = first, 0
    while nights < 22:
        if day.isoweekday() in WORKDAYS:
            nights += 1
            for begins, ends, kw in powers_kw:
                at = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=begins)
                at = at.astimezone(EPOCH.tzinfo)
                for quarter in range(round((ends - begins) * 4)):
                    series[at + quarter * timedelta(minutes=15)] = kw / 4
        day += timedelta(days=1)
    return [Metered(at, kwh) for at, kwh in sorted(series.items())]
