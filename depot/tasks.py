"""What is due by the business clock; beat ticks each real second, and rows say what is to be done."""

from celery import shared_task

from depot import clock, duties


@shared_task
def tick() -> None:
    duties.do_what_is_due(now=clock.now())


@shared_task
def prune() -> None:
    duties.prune(now=clock.now())


@shared_task
def check_sessions() -> None:
    duties.check_sessions(now=clock.now())


@shared_task
def read_unread_facts() -> None:
    duties.read_unread(now=clock.now())
