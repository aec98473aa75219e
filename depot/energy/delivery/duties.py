"""With each beat: depots that wait are gone on with, meters are held against promises, sleepers are woken."""

from datetime import datetime

from depot.energy.delivery.models import Writer
from depot.energy.delivery.promises import ask_for_promises
from depot.energy.delivery.restarting import ask_restarted
from depot.energy.delivery.resuming import start_again
from depot.energy.delivery.services import carry_on
from depot.energy.delivery.waking import wake
from depot.energy.delivery.watching import watch
from depot.energy.models import Wiring
from depot.models import Depot


def keep_limits(now: datetime) -> int:
    """How many depots were looked at."""
    wake(now)
    start_again(now)
    watch(now)
    ask_restarted(now)
    ask_for_promises(now)
    due = [writer.depot for writer in Writer.objects.filter(next_look_at__lte=now).select_related("depot")]
    # Wired for the first time: its chargers get what they fall back to.
    wired = Wiring.objects.values("circuit__depot")
    due += Depot.objects.filter(pk__in=wired).exclude(pk__in=Writer.objects.values("depot"))
    for depot in due:
        carry_on(depot, now=now)
    return len(due)
