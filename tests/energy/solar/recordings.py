"""Two days of a roof and its building every five seconds, as a logger at the meter would have them.

Made by a seed, so that they are data without being a file: a clear day with a morning haze, and a broken one with
cumulus (dark edges, bright edges above the clear sky), a front at noon and a shower. The building has a base load, two
compressors that come and go, a kitchen at noon, and a meter that is a little wrong.
"""

import math
import random
from dataclasses import dataclass

STEP_S = 5
STEPS = 24 * 3600 // STEP_S
SUNRISE_H, SUNSET_H = 6.0, 20.25


@dataclass(frozen=True)
class Recording:
    solar_w: list[float]
    building_w: list[float]

    @property
    def surplus_w(self) -> list[float]:
        return [solar - building for solar, building in zip(self.solar_w, self.building_w, strict=True)]


def sunny(peak_w: float = 30_000, seed: int = 7) -> Recording:
    chance = random.Random(seed)
    haze = [0.96 - 0.1 * math.exp(-(((hour(step) - 8) / 1.2) ** 2)) for step in range(STEPS)]
    passing = _clouds(chance, clear_s=5_400, cloud_s=60, deepest=0.6)
    return Recording(_roof(chance, peak_w, [a * b for a, b in zip(haze, passing, strict=True)]), _building(chance))


def cloudy(peak_w: float = 30_000, seed: int = 11) -> Recording:
    chance = random.Random(seed)
    passing = _clouds(chance, clear_s=420, cloud_s=240, deepest=0.2)
    front = [
        1 - 0.75 * _within(hour(step), 11.8, 13.4) - 0.85 * _within(hour(step), 16.1, 16.7) for step in range(STEPS)
    ]
    return Recording(_roof(chance, peak_w, [a * b for a, b in zip(front, passing, strict=True)]), _building(chance))


def hour(step: int) -> float:
    return step * STEP_S / 3600


def _roof(chance: random.Random, peak_w: float, sky: list[float]) -> list[float]:
    watts = []
    for step, clear in enumerate(sky):
        height = (hour(step) - SUNRISE_H) / (SUNSET_H - SUNRISE_H)
        sun = math.sin(math.pi * height) ** 1.4 if 0 < height < 1 else 0.0
        watts.append(max(0.0, peak_w * sun * clear * (1 + chance.gauss(0, 0.004))))
    return watts


def _clouds(chance: random.Random, *, clear_s: float, cloud_s: float, deepest: float) -> list[float]:
    """The share of the clear sky's light. A cloud's edge takes 5 to 40 s, and shines brighter than no cloud."""
    sky: list[float] = []
    light = 1.0
    while len(sky) < STEPS:
        sky += [1.0] * int(chance.expovariate(1 / clear_s) / STEP_S)
        dark = chance.uniform(deepest, 0.85)
        edge = max(1, int(chance.uniform(5, 40) / STEP_S))
        shade = max(1, int(chance.expovariate(1 / cloud_s) / STEP_S))
        sky += [1.04] * edge
        sky += [light + (dark - light) * n / edge for n in range(1, edge + 1)]
        sky += [dark * (1 + chance.gauss(0, 0.03)) for _ in range(shade)]
        sky += [dark + (light - dark) * n / edge for n in range(1, edge + 1)]
    return sky[:STEPS]


def _within(at: float, start: float, end: float, edge: float = 0.15) -> float:
    return max(0.0, min(1.0, (at - start) / edge, (end - at) / edge))


def _building(chance: random.Random) -> list[float]:
    compressors = [_on_and_off(chance, 1_800, 900, 420), _on_and_off(chance, 900, 2_400, 300)]
    kitchen = [2_500 * _within(hour(step), 11.2, 12.7, 0.2) for step in range(STEPS)]
    day = [1_400 + 900 * _within(hour(step), 7, 18, 1) for step in range(STEPS)]
    return [
        max(0.0, (sum(watts) + chance.gauss(0, 25)) * (1 + chance.gauss(0, 0.003)))
        for watts in zip(*compressors, kitchen, day, strict=True)
    ]


def _on_and_off(chance: random.Random, watts: float, off_s: float, on_s: float) -> list[float]:
    load: list[float] = []
    while len(load) < STEPS:
        load += [0.0] * max(1, int(chance.uniform(0.5, 1.5) * off_s / STEP_S))
        load += [watts] * max(1, int(chance.uniform(0.6, 1.4) * on_s / STEP_S))
    return load[:STEPS]
