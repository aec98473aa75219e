"""What frames every page: the places one may go to, the depot one looks at, its time, light or dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from depot import clock
from depot.access.models import User
from depot.access.reach import within_reach
from depot.demo.services import is_running as demo_runs
from depot.models import Depot

THEMES = ("", "light", "dark")
DEMO_RATES = {"0": "Pause", "1": "×1", "30": "×30", "300": "×300"}
CHOSEN_DEPOT = "depot"
"""Under this key the browser's session keeps which depot is looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    url_name: str
    permission: str
    key: str = ""  # `g` and then this letter goes there
    icon: str = ""  # the first four stand at the bottom of a phone


PLACES = (
    Place("Board", "board", "chargers.view_charger", "b", "board"),
    Place("Readiness", "readiness", "energy.view_storedplan", "r", "track"),
    Place("Energy", "energy", "energy.view_storedplan", "e", "energy"),
    Place("Sessions", "sessions", "charging_sessions.view_session", "s", "sessions"),
    Place("Chargers", "chargers", "chargers.view_charger", "c", "chargers"),
    Place("Vehicles", "vehicles", "charging_sessions.view_vehicle", "v", "vehicles"),
)
MORE_PLACES = (
    Place("Cards", "tokens", "charging_sessions.view_idtoken", "t"),
    Place("When cut off", "offline", "depot_upkeep.view_offlinerule", "l"),
    Place("Bays", "bays", "depot.view_bay", "y"),
    Place("Wiring", "wiring", "energy.view_circuit", "x"),
    Place("Notices", "notices", "notices.view_notice", "i"),
    Place("Waiting room", "waiting-room", "chargers.change_charger", "w"),
    Place("Firmware", "firmware", "firmware.view_firmwareimage", "f"),
    Place("Setting templates", "setting-templates", "upkeep.view_settingtemplate", "n"),
    Place("Certificates", "authority", "certificates.view_authority", "k"),
    Place("Oddities", "oddities", "chargers.view_oddity", "o"),
    Place("Tariffs", "tariffs", "billing.view_tariff", "p"),
    Place("People", "users", "access.manage_users", "u"),
    Place("Audit", "audit", "access.view_auditentry", "a"),
    Place("Depot", "depot-settings", "depot.change_depot", "d"),
    Place("Site to minimum", "emergency", "depot.call_emergency", "m"),
)


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str
    key: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Demo:
    rates: Sequence[tuple[str, str]]
    rate: str


class Frame:
    """Lazy, for a fragment of a page needs none of it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def user(self) -> User | AnonymousUser:
        return getattr(self.request, "user", AnonymousUser())

    @cached_property
    def places(self) -> list[Link]:
        return self._links(PLACES)

    @cached_property
    def more_places(self) -> list[Link]:
        return self._links(MORE_PLACES)

    def _links(self, places: Sequence[Place]) -> list[Link]:
        links = []
        for place in places:
            url = address_of(place.url_name)
            if url and self.user.has_perm(place.permission):
                path = self.request.path
                is_current = path == url or (url != "/" and path.startswith(url))
                links.append(Link(place.name, url, place.key, place.icon, is_current))
        return links

    @cached_property
    def depots(self) -> list[Depot]:
        return list(within_reach(self.user, Depot.objects.all()))

    @cached_property
    def depot(self) -> Depot | None:
        """The one that is looked at: the chosen one, else the first within reach."""
        return _chosen_of(self.depots, getattr(self.request, "session", {}))

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.depot.time_zone) if self.depot else ZoneInfo("UTC")

    @cached_property
    def now(self) -> datetime:
        return clock.now()

    @cached_property
    def rate(self) -> float:
        pace = clock.current_pace()
        return pace.rate if pace else 1.0

    @cached_property
    def demo(self) -> Demo | None:
        """The panel of the demo's yard, where one runs and the user may set its clock."""
        if not self.user.has_perm("depot.run_demo") or not demo_runs():
            return None
        return Demo(list(DEMO_RATES.items()), f"{self.rate:g}")

    @cached_property
    def real_now(self) -> datetime:
        return datetime.now(UTC)

    @cached_property
    def theme(self) -> str:
        user = self.user
        said = user.theme if isinstance(user, User) else self.request.COOKIES.get("theme", "")
        return said if said in THEMES else ""

    @property
    def next_theme(self) -> str:
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]


def address_of(url_name: str, *arguments: object) -> str:
    """Blank where no place of this name is built: then nothing leads to it."""
    try:
        return reverse(url_name, args=arguments)
    except NoReverseMatch:
        return ""


def _chosen_of(depots: Sequence[Depot], session: Mapping[str, Any]) -> Depot | None:
    chosen = session.get(CHOSEN_DEPOT)
    return next((depot for depot in depots if depot.pk == chosen), depots[0] if depots else None)


def chosen_depot(user: User, session: Mapping[str, Any]) -> Depot | None:
    """As `Frame.depot`, where there is no request: for the live socket."""
    return _chosen_of(list(within_reach(user, Depot.objects.all())), session)


def frame_of(request: HttpRequest) -> Frame:
    """One for each request, so that nothing is looked up twice."""
    kept = getattr(request, "depot_frame", None)
    if not isinstance(kept, Frame):
        kept = Frame(request)
        request.depot_frame = kept  # type: ignore[attr-defined]
    return kept


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"frame": frame_of(request)}


def current_depot(request: HttpRequest) -> Depot | None:
    return frame_of(request).depot


def is_fragment(request: HttpRequest) -> bool:
    """Does htmx ask, for a piece of a page?"""
    return bool(getattr(request, "htmx", False))
