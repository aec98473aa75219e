"""Why something was not done, from the words of the rooms below into problem documents."""

from collections.abc import Iterator
from contextlib import contextmanager

from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, NotAdopted
from depot.access.problem import Problem
from sessions.services import EvseOccupied, NeedsReplug, SessionAlreadyEnded, TokenMayNotCharge, VehicleHasNoToken


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except ChargerOffline as error:
        since = f"{error.since:%Y-%m-%dT%H:%M:%SZ}" if error.since else None
        detail = f"It was last heard of at {since}." if since else "It has never connected."
        raise Problem("charger-offline", detail, last_heard_at=since) from error
    except CommandNotSpoken as error:
        raise Problem("not-spoken", str(error)) from error
    except CommandInvalid as error:
        raise Problem("schema", str(error)) from error
    except NotAdopted as error:
        raise Problem("not-adopted", str(error)) from error
    except CommandNotAllowed as error:
        raise Problem("left-alone", str(error)) from error
    except EvseOccupied as error:
        raise Problem("occupied", "A session runs there.", session=error.session.pk) from error
    except NeedsReplug as error:
        raise Problem("needs-replug", "This charger starts again only after the cable was pulled.") from error
    except VehicleHasNoToken as error:
        raise Problem("no-token", "There is nothing that a charger could be told to start.") from error
    except TokenMayNotCharge as error:
        detail = "It is blocked, expired or not valid yet, or its vehicle is out of use."
        raise Problem("token-refused", detail) from error
    except SessionAlreadyEnded as error:
        raise Problem("session-ended", "Nothing is left to stop.") from error
