"""How many periods of a schedule a vehicle takes, as it told over its cable (2.x K15.FR.07)."""

from collections.abc import Mapping

from chargers.device_model.models import ChargingNeeds
from sessions.models import Session


def most_periods_of(sessions: Mapping[int, Session]) -> dict[int, int]:
    """By EVSE, of the vehicles that charge there now; what another told before it is not about them."""
    if not sessions:
        return {}
    since = min(session.started_heard_at for session in sessions.values())
    told = ChargingNeeds.objects.filter(evse__in=sessions, heard_at__gte=since, max_periods__gt=0).order_by("pk")
    return {
        needs.evse_id: needs.max_periods
        for needs in told
        if needs.max_periods and needs.heard_at >= sessions[needs.evse_id].started_heard_at
    }
