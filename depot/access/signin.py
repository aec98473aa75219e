"""Tries to sign in: counted in the database, for a guesser asks every process."""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from depot.access.models import SignInTry

WINDOW = timedelta(minutes=15)
TRIES_PER_PERSON = 5  # and address: nobody locks out a colleague from elsewhere
TRIES_PER_ADDRESS = 50  # a depot's people share one
KEPT_FOR = timedelta(days=1)


class TooManyTries(Exception):
    """The password was not even looked at."""


def begin_try(user_name: str, *, address: str, now: datetime) -> None:
    """Counts the try before the password is looked at, so that tries at the same moment count each other."""
    row = SignInTry.objects.create(user_name=_plain(user_name), address=address, at=now)
    recent = SignInTry.objects.filter(address=address, at__gt=now - WINDOW)
    tries = recent.aggregate(here=Count("pk"), of_person=Count("pk", filter=Q(user_name=row.user_name)))
    if tries["of_person"] > TRIES_PER_PERSON or tries["here"] > TRIES_PER_ADDRESS:
        # It guessed nothing: kept, it would only make the table grow and the wait longer.
        row.delete()
        raise TooManyTries


def forget_tries(user_name: str, *, address: str) -> None:
    """Whoever signed in was no guesser."""
    SignInTry.objects.filter(user_name=_plain(user_name), address=address).delete()


def _plain(user_name: str) -> str:
    return user_name.casefold()[:150]
