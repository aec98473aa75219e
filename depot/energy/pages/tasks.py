"""A look back, worked out by a worker."""

from celery import shared_task

from depot import clock
from depot.energy.pages.models import LookBack
from depot.energy.pages.past import work_out


@shared_task
def look_back_at(*, look_back_id: int) -> None:
    row = LookBack.objects.select_related("depot").filter(pk=look_back_id, done_at=None).first()
    if row is not None:
        work_out(row, clock.now())
