"""How far a user sees: which rows of each model belong to the depots that he was given.

A model without a rule here cannot be asked for, so that a new one is never shown to everybody by oversight.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from billing.models import FeedCounter, FeedReader, Tariff, Transaction
from billing.onsite.models import ChargeCost, HeldTariff, Settlement, VatCheck, WebPayment
from chargers import models as chargers
from chargers.certificates import models as certificates
from chargers.device_model import models as device_model
from chargers.grid.models import ChargeTerms, DynamicLimit, GridAlarm, GridRule, ReserveSignal
from chargers.held.models import Holding
from chargers.streams.models import EventStream, StreamValue
from chargers.swapping.models import BatterySwap, SwappedBattery
from chargers.upkeep import models as upkeep
from depot.access.models import ApiKey, AuditEntry, IdempotencyKey, SignInTry, User
from depot.board.models import Emergency, EmergencyStep
from depot.energy import models as energy
from depot.energy.delivery.models import Target, Writer
from depot.energy.pages import models as energy_pages
from depot.energy.response.models import CapEffect
from depot.energy.solar.models import SolarCourse, SolarDay
from depot.firmware.models import Campaign, CampaignStep, FirmwareImage
from depot.models import Bay, BusinessClock, Depot
from depot.notices.models import Notice
from depot.upkeep.models import OfflineRule
from depot.uploads.models import AwaitedUpload
from depot.yard.models import ImportBatch
from sessions.models import CreditEntry, IdToken, MeterReading, Session, SessionMessage, TokenGroup, Vehicle
from sessions.reserving.models import Reservation

Asker = AbstractBaseUser | AnonymousUser
Depots = QuerySet[Any]  # of depot ids, to be used as a subquery
Rows = TypeVar("Rows", bound=QuerySet[Any])
Rule = Callable[[Depots], Q]


def _by(path: str) -> Rule:
    return lambda depots: Q(**{f"{path}__in": depots})


def _placed_chargers(depots: Depots) -> QuerySet[Any]:
    return Bay.objects.filter(depot__in=depots, evse__isnull=False).order_by().values("evse__charger")


def _by_charger(path: str) -> Rule:
    return lambda depots: Q(**{f"{path}__in": _placed_chargers(depots)})


def _by_evse(prefix: str) -> Rule:
    """An EVSE is seen by its own bay's depot; one without a bay goes with its charger."""

    def rule(depots: Depots) -> Q:
        in_a_bay = Q(**{f"{prefix}bay__depot__in": depots})
        beside_one = Q(**{f"{prefix}bay__isnull": True, f"{prefix}charger__in": _placed_chargers(depots)})
        return in_a_bay | beside_one

    return rule


def _own_or_shared(depots: Depots) -> Q:
    """What belongs to no depot may be used in each of them."""
    return Q(depot_key__in=depots) | Q(depot_key=None)


def _habits(depots: Depots) -> Q:
    return Q(vehicle__depot_key__in=depots) | Q(vehicle__depot_key=None)


def _own_or_shared_by(prefix: str) -> Rule:
    return lambda depots: Q(**{f"{prefix}depot_key__in": depots}) | Q(**{f"{prefix}depot_key": None})


def _campaigns(depots: Depots) -> Q:
    steps = CampaignStep.objects.filter(charger__in=_placed_chargers(depots))
    return Q(pk__in=steps.order_by().values("campaign"))


def _readings(depots: Depots) -> Q:
    return Q(session__depot_key__in=depots) | Q(session=None, charger__in=_placed_chargers(depots))


def _people(depots: Depots) -> Q:
    """Who sees no depot beyond these: to manage somebody is to be able to act as him."""
    through = User.depots.through
    beyond = through.objects.filter(user_id=OuterRef("pk")).exclude(depot_id__in=depots)
    return Q(all_depots=False) & Q(~Exists(beyond))


def _by_person(path: str) -> Rule:
    return lambda depots: Q(**{f"{path}__in": User.objects.filter(_people(depots)).order_by().values("pk")})


def _everything(depots: Depots) -> Q:
    return Q()


def _nothing(depots: Depots) -> Q:
    return Q(pk__in=())


RULES: Mapping[type[Model], Rule] = {
    Depot: _by("pk"),
    Bay: _by("depot"),
    BusinessClock: _everything,
    chargers.Charger: _by_charger("pk"),
    chargers.Capability: _by_charger("charger"),
    chargers.SettingValue: _by_charger("charger"),
    chargers.Connection: _by_charger("charger"),
    chargers.IssuedCommand: _by_charger("charger"),
    chargers.TracedCall: _by_charger("charger"),
    chargers.UnreadFact: _by_charger("charger"),
    chargers.Oddity: _by_charger("charger"),
    chargers.SecurityEvent: _by_charger("charger"),
    chargers.Job: _by_charger("charger"),
    Holding: _by_charger("charger"),
    device_model.ChargingNeeds: _by_evse("evse__"),
    device_model.CustomerFile: _by_charger("charger"),
    device_model.DisplayMessage: _by_charger("charger"),
    device_model.ExternalLimit: _by_charger("charger"),
    device_model.MonitorAlert: _by_charger("charger"),
    device_model.NetworkSlot: _by_charger("charger"),
    device_model.PendingPart: _by_charger("report__charger"),
    device_model.Report: _by_charger("charger"),
    device_model.ReportedProfile: _by_charger("charger"),
    device_model.VariableMonitor: _by_charger("charger"),
    device_model.VehicleSchedule: _by_evse("evse__"),
    chargers.Evse: _by_evse(""),
    chargers.Connector: _by_evse("evse__"),
    GridRule: _by_charger("charger"),
    GridAlarm: _by_charger("charger"),
    ReserveSignal: _by_charger("charger"),
    ChargeTerms: _by_charger("charger"),
    DynamicLimit: _by_charger("charger"),
    EventStream: _by_charger("charger"),
    StreamValue: _by_charger("stream__charger"),
    BatterySwap: _by_charger("charger"),
    SwappedBattery: _by_charger("swap__charger"),
    HeldTariff: _by_charger("charger"),
    ChargeCost: _by_charger("charger"),
    Settlement: _by_charger("charger"),
    VatCheck: _by_charger("charger"),
    WebPayment: _by_charger("charger"),
    certificates.Security: _by_charger("charger"),
    certificates.SignedCertificate: _by_charger("charger"),
    certificates.HeldCertificate: _by_charger("charger"),
    certificates.Upgrade: _by_charger("charger"),
    # One authority serves all depots; what failed before a name was told belongs to none.
    certificates.Authority: _everything,
    certificates.TlsTrouble: _nothing,
    # Who was not let in belongs to no depot yet, and a gateway serves all of them.
    chargers.RefusedHandshake: _nothing,
    chargers.Gateway: _nothing,
    Session: _by("depot_key"),
    SessionMessage: _by("session__depot_key"),
    MeterReading: _readings,
    Vehicle: _own_or_shared,
    IdToken: _own_or_shared,
    CreditEntry: lambda depots: Q(token__depot_key__in=depots) | Q(token__depot_key=None),
    TokenGroup: _everything,
    Reservation: _by_charger("charger"),
    Tariff: _everything,
    Transaction: _by("depot_key"),
    FeedCounter: _everything,
    FeedReader: _by_person("user"),
    ImportBatch: _by_person("created_by"),
    Emergency: _by("depot"),
    EmergencyStep: _by("emergency__depot"),
    Target: _by_evse("evse__"),
    Writer: _by("depot"),
    energy.Circuit: _by("depot"),
    energy.Wiring: _by("circuit__depot"),
    energy.MeterSource: _by("depot"),
    energy.MeterSample: _by("source__depot"),
    energy.SiteInterval: _by("depot"),
    energy.MonthPeak: _by("depot"),
    energy.Timetable: _by("depot"),
    energy.VehicleNeed: _by("depot"),
    energy.Habit: _habits,
    energy.ManualLimit: _by_evse("evse__"),
    energy.ChargeNow: _by("session__depot_key"),
    energy.GridCap: _by("depot"),
    energy.SiteTariff: _by("depot"),
    energy.Rule: _by("depot"),
    energy.EnergySettings: _by("depot"),
    energy.StoredPlan: _by("depot"),
    energy.PlannedStay: _by("plan__depot"),
    energy.PlanMark: _by("depot"),
    CapEffect: _by("cap__depot"),
    SolarDay: _by("depot"),
    SolarCourse: _by("depot"),
    energy_pages.RuleChange: _by("depot"),
    energy_pages.SaidLabel: _by("depot"),
    energy_pages.LookBack: _by("depot"),
    AwaitedUpload: _by_charger("charger"),
    FirmwareImage: _everything,
    Campaign: _campaigns,
    CampaignStep: _by_charger("charger"),
    Notice: _by("depot"),
    OfflineRule: _by("depot"),
    upkeep.LocalList: _by_charger("charger"),
    upkeep.ListedToken: _by_charger("local_list__charger"),
    upkeep.BrokenLink: _by_charger("charger"),
    upkeep.SettingTemplate: _own_or_shared,
    upkeep.WantedSetting: _own_or_shared_by("template__"),
    User: _people,
    ApiKey: _by_person("user"),
    AuditEntry: _by("depot"),
    IdempotencyKey: _nothing,
    SignInTry: _nothing,
}

# Rows that several depots share are seen by all of them and changed only by who sees all.
SHARED: Mapping[type[Model], Q] = {
    BusinessClock: Q(),
    certificates.Authority: Q(),
    Vehicle: Q(depot_key=None),
    IdToken: Q(depot_key=None),
    CreditEntry: Q(token__depot_key=None),
    TokenGroup: Q(),
    Tariff: Q(),
    upkeep.SettingTemplate: Q(depot_key=None),
    upkeep.WantedSetting: Q(template__depot_key=None),
    FeedCounter: Q(),
    FirmwareImage: Q(),
    energy.Habit: Q(vehicle__depot_key=None),
}


def depots_of(user: User) -> Depots:
    """The ids of the depots `user` was given, as a subquery; who has `all_depots` needs none."""
    return User.depots.through.objects.filter(user_id=user.pk).values("depot_id")


def within_reach(user: Asker, queryset: Rows) -> Rows:
    """The rows of `queryset` that `user` may see. Raises LookupError for a model that has no rule."""
    rule = RULES.get(queryset.model)
    if rule is None:
        raise LookupError(f"depot.access.reach has no rule for {queryset.model.__name__}")
    if not isinstance(user, User) or not user.is_active:
        return queryset.none()
    if user.all_depots:
        return queryset
    return queryset.filter(rule(depots_of(user)))


def changeable(user: Asker, queryset: Rows) -> Rows:
    """The rows of `queryset` that `user` may change: those in his reach that he does not share with other depots."""
    rows = within_reach(user, queryset)
    shared = SHARED.get(queryset.model)
    if shared is None or not isinstance(user, User) or user.all_depots:
        return rows
    return rows.exclude(shared) if shared else rows.none()


def is_within_reach(user: Asker, row: Model) -> bool:
    return within_reach(user, type(row)._default_manager.filter(pk=row.pk)).exists()


def may_change(user: Asker, row: Model) -> bool:
    return changeable(user, type(row)._default_manager.filter(pk=row.pk)).exists()


def may_listen(user: Asker, charger: chargers.Charger) -> bool:
    """May the browser of `user` hear that something changed at `charger`?"""
    return isinstance(user, User) and user.has_perm("chargers.view_charger") and is_within_reach(user, charger)


def may_read_trace(user: Asker, charger: chargers.Charger) -> bool:
    """May the browser of `user` hear what `charger` and we say to each other?"""
    return may_listen(user, charger) and isinstance(user, User) and user.has_perm("chargers.view_tracedcall")


def chargers_heard_by(user: Asker) -> set[int] | None:
    """The chargers of which the live socket of `user` may tell; None: all, also those that come later."""
    if not isinstance(user, User) or not user.has_perm("chargers.view_charger"):
        return set()
    if user.all_depots:
        return None
    return set(within_reach(user, chargers.Charger.objects.order_by()).values_list("pk", flat=True))
