"""Pure: what the planner has to know of a month's peaks: what each costs more, and up to where nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from depot.energy.billing_month import EPOCH, SLOT_MIN, BillingMonth, billing_month_of
from depot.energy.instance import DemandWindow
from depot.energy.tariff import ALL_DAYS, DemandCharge, Tariff

LATER = ", in the months to come"
ON_DAY = ", on "


def demand_windows(
    tariff: Tariff,
    *,
    first_slot: int,
    slots: int,
    billing_day: int = 1,
    incurred_kw: Mapping[str, float],
    before_kw: Mapping[str, Sequence[float]] | None = None,
    used_kwh: Mapping[str, float] | None = None,
    day_peaks_kw: Mapping[str, Mapping[date, float]] | None = None,
    working_days: frozenset[int] = ALL_DAYS,
    since: date = date.min,
    until: date = date.max,
) -> tuple[DemandWindow, ...]:
    """For the slots of a horizon. Beyond the meter's reading a charge is another window, with nothing incurred yet.

    `incurred_kw`: of this month, by charge, and where days are charged, of each in `day_peaks_kw`. `used_kwh`: metered
    already in the interval that the first slot is in.
    The tariff holds from `since` up to, not including, `until`.
    """
    moments = [_moment(first_slot + slot) for slot in range(slots)]
    days = [moment.astimezone(tariff.zone).date() for moment in moments]
    windows: list[DemandWindow] = []
    months = list(dict.fromkeys(billing_month_of(day, billing_day) for day in days))
    for number, month in enumerate(months):
        today = max(days[0], month.starts_on, since)
        is_here = number == 0 and since <= days[0]
        for charge in tariff.peaks:
            before = list((before_kw or {}).get(charge.name, ()))
            now_kw = incurred_kw.get(charge.name, 0.0)
            applies = tuple(
                max(month.starts_on, since) <= day < min(month.ends_on, until) and tariff.counts_at(charge, moment)
                for day, moment in zip(days, moments, strict=True)
            )
            if not any(applies):
                continue
            if number > 0:
                now_kw, before = 0.0, [now_kw, *before]
            key = charge.name if is_here else f"{charge.name}, from {max(month.starts_on, since)}"
            paid_kw, price = charge.weighed_from(tariff.paid_kw(charge, now_kw, before))
            window = DemandWindow(
                key=key,
                price_per_kw=float(price),
                days_left=_days_left(tariff, charge, month, (today, until), working_days),
                incurred_kw=paid_kw,
                applies=applies,
                slots_per_interval=charge.interval_min // SLOT_MIN,
                used_kwh=(used_kwh or {}).get(charge.name, 0.0) if is_here else 0.0,
            )
            known = (day_peaks_kw or {}).get(charge.name, {}) if number == 0 else {}
            if charge.mean_of_days:
                windows += _windows_by_day(charge, window, days, known, floors=paid_kw > now_kw)
            else:
                windows += [window, *_of_months_to_come(charge, window, before)]
    return tuple(windows)


def _of_months_to_come(
    charge: DemandCharge, window: DemandWindow, before_kw: Sequence[float]
) -> Iterator[DemandWindow]:
    """What a ratchet makes of this month's peak."""
    later = charge.weighed_later(before_kw)
    if later is not None:
        free_kw, price = later
        yield replace(
            window,
            key=f"{window.key}{LATER}",
            incurred_kw=max(window.incurred_kw, free_kw),
            price_per_kw=float(price),
        )


def _windows_by_day(
    charge: DemandCharge, window: DemandWindow, days: Sequence[date], known_kw: Mapping[date, float], *, floors: bool
) -> Iterator[DemandWindow]:
    """Where the mean of some days is charged, each day is a window: the month pays a share of what it rises by above
    the lowest day that counts.

    `floors`: a minimum or a step is paid for that the mean has not reached; a day may use what is left of it.
    """
    count = charge.mean_of_days
    for day in dict.fromkeys(day for day, applies in zip(days, window.applies, strict=True) if applies):
        others = sorted((kw for other, kw in known_kw.items() if other != day), reverse=True)
        free_kw = max(known_kw.get(day, 0.0), others[count - 1] if len(others) >= count else 0.0)
        if floors:
            enough = len(others) >= count - 1
            free_kw = max(
                free_kw, count * window.incurred_kw - sum(others[: count - 1]) if enough else window.incurred_kw
            )
        is_today = day == days[0]
        yield replace(
            window,
            key=day_key(charge.name, day),
            price_per_kw=window.price_per_kw / count,
            days_left=max(1.0, window.days_left / count),
            incurred_kw=free_kw,
            applies=tuple(applies and day == other for other, applies in zip(days, window.applies, strict=True)),
            used_kwh=window.used_kwh if is_today else 0.0,
        )


def day_key(name: str, day: date) -> str:
    """How a day's window is called where each day is one."""
    return f"{name}{ON_DAY}{day}"


def _days_left(
    tariff: Tariff, charge: DemandCharge, month: BillingMonth, span: tuple[date, date], working_days: frozenset[int]
) -> float:
    """Of the month, within `span`: the days on which vehicles charge and the charge may rise."""
    days = [
        day
        for day in month.days
        if span[0] <= day < span[1]
        and day.isoweekday() in working_days
        and any(
            tariff.counts_at(charge, datetime.combine(day, time(hour), tariff.zone).astimezone(UTC))
            for hour in range(24)
        )
    ]
    return float(max(1, len(days)))


def _moment(slot: int) -> datetime:
    return EPOCH + slot * timedelta(minutes=SLOT_MIN)
