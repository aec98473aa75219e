"""Pure: what is done about a charger that draws more than it may: told again, counted at its rating, stopped."""

from enum import Enum

from depot.energy.delivery.standing import Obedience

SAMPLES = 3
# A meter and a ramp are no disobedience.
TOLERANCE = 1.05
TOLERANCE_W = 250.0


class Act(Enum):
    NOTHING = "nothing"
    TELL_AGAIN = "tell again"
    COUNT_FULL = "count at its rating"
    STOP = "stop"


NEXT = {
    Obedience.FINE: (Obedience.RETRIED, Act.TELL_AGAIN),
    Obedience.RETRIED: (Obedience.COUNTED, Act.COUNT_FULL),
    Obedience.COUNTED: (Obedience.STOPPED, Act.STOP),
    Obedience.STOPPED: (Obedience.STOPPED, Act.STOP),
}


def is_over(drawn_w: float, promised_w: float) -> bool:
    return drawn_w > promised_w * TOLERANCE + TOLERANCE_W


def judge(obedience: Obedience, over_samples: int, *, over: bool) -> tuple[Obedience, int, Act]:
    """After one more sample: how it stands, how many in a row were over, and what is to be done."""
    if not over:
        kept = obedience if obedience in (Obedience.COUNTED, Obedience.STOPPED) else Obedience.FINE
        return kept, 0, Act.NOTHING
    if over_samples + 1 < SAMPLES:
        return obedience, over_samples + 1, Act.NOTHING
    after, act = NEXT[obedience]
    return after, 0, act
