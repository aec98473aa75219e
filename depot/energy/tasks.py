"""A plan, made by a worker."""

import logging

from celery import shared_task

from depot import clock
from depot.energy import services
from depot.energy.instance import InstanceInvalid
from depot.energy.models import PlanMark
from depot.energy.terms import TermsUnreadable
from depot.models import Depot

logger = logging.getLogger(__name__)


@shared_task
def replan_depot(*, depot_id: int, why: str) -> None:
    try:
        services.replan(Depot.objects.get(pk=depot_id), now=clock.now(), why=why)
    except (InstanceInvalid, TermsUnreadable) as error:
        # What people entered contradicts itself: the plan that holds goes on, and the page says why.
        logger.error("depot %s could not be planned: %s", depot_id, error)
        PlanMark.objects.filter(depot=depot_id).update(failed=str(error)[:300])
    finally:
        PlanMark.objects.filter(depot=depot_id).update(claimed_at=None)
