"""What happens to the depot's energy: what is told of vehicles, what is measured, what is planned."""

from depot.energy.services.marks import free_plans_of_the_dead, want_plan, want_plan_of_charger
from depot.energy.services.metering import close_quarters, count_peaks, store_samples
from depot.energy.services.planning import replan
from depot.energy.services.preview import Preview, preview
from depot.energy.services.telling import NothingTold, take_back_need, tell_need, vehicle_told

__all__ = [
    "NothingTold",
    "Preview",
    "close_quarters",
    "count_peaks",
    "free_plans_of_the_dead",
    "preview",
    "replan",
    "store_samples",
    "take_back_need",
    "tell_need",
    "vehicle_told",
    "want_plan",
    "want_plan_of_charger",
]
