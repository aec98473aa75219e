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


def pge_bev_2_s(peak: str, super_off: str, off: str) -> Terms:
    return {
        "currency": "USD",
        "energy": [
            {"label": "Peak", **PEAK, "price_per_kwh": peak},
            {"label": "Super off-peak", "from": "09:00", "to": "14:00", "price_per_kwh": super_off},
            {"label": "Off-peak", "price_per_kwh": off},
        ],
        "subscription": {"block_kw": 50, "price_per_block": "95.56", "overage_per_kw": "3.82"},
    }


PGE_BEV_2_S = pge_bev_2_s("0.41522", "0.17872", "0.20199")
PGE_BEV_2_S_OF_ANOTHER_YEAR = pge_bev_2_s("0.36977", "0.13327", "0.15654")


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
# How the charge on power is phased in, each from the first day of its year.
SCE_TOU_EV_8_PER_KW = {2026: "3.258", 2027: "6.52", 2028: "9.77", 2029: "13.03", 2030: "16.29", 2031: "19.55"}


def sce_tou_ev_9(on: str, super_off: str, per_kw: str) -> Terms:
    """Above 500 kW. Published are these two prices of energy; hours without one are left out, not guessed."""
    return {
        "currency": "USD",
        "seasons": JUNE_TO_SEPTEMBER,
        "energy": [
            {"label": "On-peak", "season": "summer", "weekdays": WORKDAYS, **PEAK, "price_per_kwh": on},
            {"label": "Super off-peak", "season": "winter", "from": "08:00", "to": "16:00", "price_per_kwh": super_off},
        ],
        "demand": [{"name": "any time", "price_per_kw": per_kw}],
        "fixed_per_month": "434.84",
    }


SCE_TOU_EV_9_2026 = sce_tou_ev_9("0.488", "0.137", "3.70")
SCE_TOU_EV_9_2031 = sce_tou_ev_9("0.440", "0.090", "22.19")
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
# Of its off-peak prices only "about" is told; the overage is ours, twice the subscription.
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
# The network's part only. A power factor stands on no sheet: it is the site's own.
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
# From July 2025 on: windows are published, figures were not found. These are ours: 3, 2 and 1 cents; 6, 4 and 2 a kW.
ENERGEX_2025: Terms = {
    "currency": "AUD",
    "energy": [
        {"label": "Peak", "weekdays": WORKDAYS, **PEAK, "price_per_kwh": "0.03"},
        {"label": "Shoulder", "weekdays": WORKDAYS, "from": "09:00", "to": "16:00", "price_per_kwh": "0.02"},
        {"label": "Shoulder", "weekdays": WORKDAYS, "from": "21:00", "to": "22:00", "price_per_kwh": "0.02"},
        {"label": "Off-peak", "price_per_kwh": "0.01"},
    ],
    "demand": [
        {"name": "peak", "weekdays": WORKDAYS, **PEAK, "price_per_kw": "6", "interval_min": 30},
        {"name": "day", "weekdays": WORKDAYS, "from": "09:00", "to": "16:00", "price_per_kw": "4", "interval_min": 30},
        {"name": "night", "from": "22:00", "to": "09:00", "price_per_kw": "2", "interval_min": 30},
    ],
}
# Windows only; the prices are ours.
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
# Hourly peaks in steps, as in Norway; the figures are ours.
NORWAY: Terms = {
    "currency": "NOK",
    "energy": [{"label": "Day", "from": "06:00", "to": "22:00", "price_per_kwh": "0.45"}, {"price_per_kwh": "0.35"}],
    "demand": [
        {
            "name": "capacity",
            "interval_min": 60,
            "steps": [
                {"up_to_kw": 50, "price": "2500"},
                {"up_to_kw": 100, "price": "4700"},
                {"up_to_kw": 200, "price": "9000"},
                {"price": "18000"},
            ],
        }
    ],
}
# The mean of the highest hours of three winter days, as in Sweden; the figures are ours.
SWEDEN: Terms = {
    "currency": "SEK",
    "seasons": {"Winter": [["11-01", "03-31"]]},
    "energy": [{"price_per_kwh": "0.30"}],
    "demand": [
        {
            "name": "effect", "price_per_kw": "130", "interval_min": 60, "mean_of_days": 3, "season": "Winter",
            "weekdays": [1, 2, 3, 4, 5], "from": "07:00", "to": "20:00",
        }
    ],
}  # fmt: skip
# As South Australia's: the demand that was agreed upon is paid, and more where it was passed; figures are ours.
AGREED_KVA: Terms = {
    "currency": "AUD",
    "energy": [{"price_per_kwh": "0.05"}],
    "demand": [
        {
            "name": "agreed", "price_per_kva": "9", "power_factor": "0.9", "minimum_kva": "200", "interval_min": 30,
            "weekdays": WORKDAYS, **DAYTIME,
        }
    ],
}  # fmt: skip
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
