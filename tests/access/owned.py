"""For each model a row that belongs to the depot of a bay, to all depots, or to those who see all."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db.models import Model

from billing.models import FeedCounter, FeedReader, Tariff, Transaction
from billing.onsite.models import ChargeCost, HeldTariff, Settlement, VatCheck, WebPayment
from chargers import models as chargers
from chargers.certificates import models as certificates
from chargers.choices import Direction, Refusal
from chargers.device_model import models as device_model
from chargers.grid.models import ChargeTerms, DynamicLimit, GridAlarm, GridRule, ReserveSignal
from chargers.held.models import Holding
from chargers.models import Charger
from chargers.streams.models import EventStream, StreamValue
from chargers.swapping.models import BatterySwap, SwappedBattery
from chargers.upkeep import models as upkeep
from depot.access.models import ApiKey, AuditEntry, IdempotencyKey, Role, SignInTry, User
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
from tests.access import actors
from tests.access.sample import make_campaign, make_upload
from tests.energy import rows as electricity
from tests.energy.pages import rows as pages
from tests.factories import (
    THURSDAY,
    connect,
    make_charger,
    make_command,
    make_session,
    make_vehicle,
)

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def a_session(bay: Bay) -> Session:
    return make_session(bay)


def a_transaction(bay: Bay) -> Transaction:
    return Transaction.objects.create(
        seq=bay.pk, kind="final", session=a_session(bay), depot_key=bay.depot_id, booked_on=NOW.date(),
        recorded_at=NOW, facts={},
    )  # fmt: skip


def an_emergency(bay: Bay) -> Emergency:
    return Emergency.objects.create(depot=bay.depot, called_at=NOW, called_by=actors.person())


def a_report(bay: Bay) -> device_model.Report:
    return device_model.Report.objects.create(
        charger=charger_of(bay), kind="monitors", request_id=bay.pk, begun_at=NOW, changed_at=NOW
    )


def an_authority() -> certificates.Authority:
    return certificates.Authority.objects.create(
        use="foreign", key_kind="ec", name="Maker root", certificate="c", created_at=NOW
    )


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return bay.evse.charger


def a_stream(bay: Bay) -> EventStream:
    return EventStream.objects.create(charger=charger_of(bay), number=1, monitor_id=1, opened_at=NOW)


def a_swap(bay: Bay) -> BatterySwap:
    return BatterySwap.objects.create(
        charger=charger_of(bay), request_id=1, step="BatteryIn", began_at=NOW, changed_at=NOW
    )


# For each model a row that belongs to the depot of a bay.
MAKERS: dict[type[Model], Callable[[Bay], Model]] = {
    Depot: lambda bay: bay.depot,
    Bay: lambda bay: bay,
    chargers.Charger: charger_of,
    chargers.Evse: lambda bay: bay.evse,
    chargers.Connector: lambda bay: bay.evse.connectors.get(),
    chargers.Capability: lambda bay: chargers.Capability.objects.create(charger=charger_of(bay), name="n", seen_at=NOW),
    chargers.SettingValue: lambda bay: chargers.SettingValue.objects.create(
        charger=charger_of(bay), variable="v", reported_at=NOW
    ),
    chargers.Connection: lambda bay: connect(charger_of(bay)),
    chargers.IssuedCommand: lambda bay: make_command(charger_of(bay)),
    chargers.TracedCall: lambda bay: chargers.TracedCall.objects.create(
        charger=charger_of(bay), at=NOW, direction=Direction.IN, action="Heartbeat", message_id="1", request="{}"
    ),
    chargers.UnreadFact: lambda bay: chargers.UnreadFact.objects.create(
        charger=charger_of(bay), payload={}, heard_at=NOW, why="?"
    ),
    chargers.Oddity: lambda bay: chargers.Oddity.objects.create(
        charger=charger_of(bay), kind="k", first_at=NOW, last_at=NOW
    ),
    chargers.SecurityEvent: lambda bay: chargers.SecurityEvent.objects.create(
        charger=charger_of(bay), type="t", at=NOW, heard_at=NOW
    ),
    chargers.Job: lambda bay: chargers.Job.objects.create(
        charger=charger_of(bay), kind="firmware", status="s", started_at=NOW, changed_at=NOW
    ),
    device_model.ChargingNeeds: lambda bay: device_model.ChargingNeeds.objects.create(
        evse=bay.evse, at=NOW, heard_at=NOW, told={}
    ),
    device_model.CustomerFile: lambda bay: device_model.CustomerFile.objects.create(
        charger=charger_of(bay), request_id=1, told_at=NOW
    ),
    device_model.DisplayMessage: lambda bay: device_model.DisplayMessage.objects.create(
        charger=charger_of(bay), number=1, told_at=NOW
    ),
    device_model.ExternalLimit: lambda bay: device_model.ExternalLimit.objects.create(
        charger=charger_of(bay), source="EMS", told_at=NOW
    ),
    device_model.MonitorAlert: lambda bay: device_model.MonitorAlert.objects.create(
        charger=charger_of(bay), event_id=1, at=NOW, heard_at=NOW
    ),
    device_model.NetworkSlot: lambda bay: device_model.NetworkSlot.objects.create(
        charger=charger_of(bay), slot=1, security_profile=1, taken_at=NOW
    ),
    device_model.PendingPart: lambda bay: device_model.PendingPart.objects.create(
        report=a_report(bay), sequence=0, content=[]
    ),
    device_model.Report: lambda bay: a_report(bay),
    device_model.ReportedProfile: lambda bay: device_model.ReportedProfile.objects.create(
        charger=charger_of(bay), evse_number=1, number=1, stack_level=0, profile={}, told_at=NOW
    ),
    device_model.VariableMonitor: lambda bay: device_model.VariableMonitor.objects.create(
        charger=charger_of(bay), number=1, value=1, severity=4, told_at=NOW
    ),
    device_model.VehicleSchedule: lambda bay: device_model.VehicleSchedule.objects.create(
        evse=bay.evse, base_at=NOW, is_within_limits=True, heard_at=NOW
    ),
    GridRule: lambda bay: GridRule.objects.create(charger=charger_of(bay), rule_id="a", kind="VoltWatt"),
    GridAlarm: lambda bay: GridAlarm.objects.create(
        charger=charger_of(bay), kind="HVMustTrip", began_at=NOW, heard_at=NOW
    ),
    ReserveSignal: lambda bay: ReserveSignal.objects.create(charger=charger_of(bay), signal=1, at=NOW),
    ChargeTerms: lambda bay: ChargeTerms.objects.create(charger=charger_of(bay), reference="1", changed_at=NOW),
    DynamicLimit: lambda bay: DynamicLimit.objects.create(charger=charger_of(bay), profile_id=1, rates={}, set_at=NOW),
    EventStream: lambda bay: a_stream(bay),
    StreamValue: lambda bay: StreamValue.objects.create(stream=a_stream(bay), at=NOW, heard_at=NOW, value="1"),
    BatterySwap: lambda bay: a_swap(bay),
    SwappedBattery: lambda bay: SwappedBattery.objects.create(
        swap=a_swap(bay), step="BatteryIn", slot=1, serial="B1", soc_percent=10, health_percent=90
    ),
    HeldTariff: lambda bay: HeldTariff.objects.create(charger=charger_of(bay), tariff_id="1", use="DefaultTariff"),
    ChargeCost: lambda bay: ChargeCost.objects.create(charger=charger_of(bay), reference="1", changed_at=NOW),
    Settlement: lambda bay: Settlement.objects.create(
        charger=charger_of(bay), psp_reference="p", state="Settled", amount="1", at=NOW, heard_at=NOW
    ),
    VatCheck: lambda bay: VatCheck.objects.create(
        charger=charger_of(bay), vat_number="DE136695976", verdict="well_formed", at=NOW
    ),
    WebPayment: lambda bay: WebPayment.objects.create(charger=charger_of(bay), evse_number=1, since=NOW, until=NOW),
    Holding: lambda bay: Holding.objects.create(charger=charger_of(bay), possible={}, changed_at=NOW),
    Session: a_session,
    SessionMessage: lambda bay: SessionMessage.objects.create(
        session=a_session(bay), kind="stop", at=NOW, heard_at=NOW
    ),
    MeterReading: lambda bay: MeterReading.objects.create(
        session=a_session(bay), charger=charger_of(bay), evse=bay.evse, at=NOW, heard_at=NOW
    ),
    Vehicle: lambda bay: make_vehicle(depot_key=bay.depot_id),
    IdToken: lambda bay: IdToken.objects.create(
        value=f"T{bay.pk}", key=f"t{bay.pk}", depot_key=bay.depot_id, created_at=NOW
    ),
    CreditEntry: lambda bay: CreditEntry.objects.create(
        token=IdToken.objects.create(value=f"P{bay.pk}", key=f"p{bay.pk}", depot_key=bay.depot_id, created_at=NOW),
        at=NOW,
        amount=5,
        balance=5,
    ),
    Reservation: lambda bay: Reservation.objects.create(
        charger=charger_of(bay), evse=bay.evse, token_value="T", token_key="t", name="Van 1", until=NOW, asked_at=NOW
    ),
    Transaction: a_transaction,
    AwaitedUpload: lambda bay: make_upload(charger_of(bay), actors.person()),
    Campaign: lambda bay: make_campaign(charger_of(bay), actors.person()),
    CampaignStep: lambda bay: make_campaign(charger_of(bay), actors.person()).steps.get(),
    Notice: lambda bay: Notice.objects.create(at=NOW, depot=bay.depot, kind="k", subject="s", text="t"),
    User: lambda bay: actors.person(Role.VIEWER, depots=[bay.depot]),
    ApiKey: lambda bay: actors.key(depots=[bay.depot])[0],
    FeedReader: lambda bay: FeedReader.objects.create(
        user=actors.person(Role.ADMIN, depots=[bay.depot]), epoch="e", through_seq=1, pulled_at=NOW
    ),
    ImportBatch: lambda bay: ImportBatch.objects.create(
        created_by=actors.person(Role.FLEET_MANAGER, depots=[bay.depot]), kind="bays", text="", created_at=NOW
    ),
    Emergency: an_emergency,
    EmergencyStep: lambda bay: EmergencyStep.objects.create(
        emergency=an_emergency(bay), evse=bay.evse, purpose="stop", at=NOW
    ),
    Target: lambda bay: Target.objects.create(evse=bay.evse, depot=bay.depot),
    Writer: lambda bay: Writer.objects.create(depot=bay.depot),
    energy.Circuit: lambda bay: electricity.make_circuit(bay.depot),
    energy.Wiring: lambda bay: electricity.wire(bay.evse, electricity.make_circuit(bay.depot)),
    energy.MeterSource: lambda bay: electricity.make_source(bay.depot),
    energy.MeterSample: lambda bay: electricity.make_sample(bay.depot),
    energy.SiteInterval: lambda bay: electricity.make_interval(bay.depot),
    energy.MonthPeak: lambda bay: electricity.make_peak(bay.depot),
    energy.Timetable: lambda bay: electricity.make_timetable(bay.depot),
    energy.VehicleNeed: lambda bay: electricity.make_need(bay.depot),
    energy.Habit: lambda bay: energy.Habit.objects.create(vehicle=make_vehicle(depot_key=bay.depot_id)),
    energy.ManualLimit: lambda bay: electricity.make_manual_limit(bay),
    energy.ChargeNow: lambda bay: electricity.make_charge_now(bay),
    energy.GridCap: lambda bay: electricity.make_cap(bay.depot),
    energy.SiteTariff: lambda bay: electricity.make_tariff(bay.depot),
    energy.Rule: lambda bay: electricity.make_rule(bay.depot),
    energy.EnergySettings: lambda bay: energy.EnergySettings.objects.create(depot=bay.depot),
    energy.StoredPlan: lambda bay: electricity.make_plan(bay.depot),
    energy.PlannedStay: lambda bay: electricity.make_stay(bay),
    CapEffect: lambda bay: CapEffect.objects.create(cap=electricity.make_cap(bay.depot)),
    SolarDay: lambda bay: SolarDay.objects.create(depot=bay.depot, day=THURSDAY.date()),
    SolarCourse: lambda bay: SolarCourse.objects.create(
        depot=bay.depot, evse=bay.evse, session=make_session(bay), day=THURSDAY.date()
    ),
    energy.PlanMark: lambda bay: energy.PlanMark.objects.create(depot=bay.depot),
    energy_pages.RuleChange: lambda bay: pages.make_change(bay.depot),
    energy_pages.SaidLabel: lambda bay: pages.make_label(bay),
    energy_pages.LookBack: lambda bay: pages.make_look_back(bay.depot),
    OfflineRule: lambda bay: OfflineRule.objects.create(depot=bay.depot, created_at=NOW),
    upkeep.LocalList: lambda bay: upkeep.LocalList.objects.create(charger=charger_of(bay)),
    upkeep.ListedToken: lambda bay: upkeep.LocalList.objects.create(charger=charger_of(bay)).tokens.create(key="k"),
    upkeep.BrokenLink: lambda bay: upkeep.BrokenLink.objects.create(
        charger=charger_of(bay), connection=connect(charger_of(bay)), action="Reset", at=NOW
    ),
    upkeep.SettingTemplate: lambda bay: upkeep.SettingTemplate.objects.create(
        name=f"T{bay.pk}", depot_key=bay.depot_id, created_at=NOW
    ),
    upkeep.WantedSetting: lambda bay: upkeep.SettingTemplate.objects.create(
        name=f"W{bay.pk}", depot_key=bay.depot_id, created_at=NOW
    ).wanted.create(variable="HeartbeatInterval", value="300"),
    certificates.Security: lambda bay: certificates.Security.objects.create(charger=charger_of(bay)),
    certificates.SignedCertificate: lambda bay: certificates.SignedCertificate.objects.create(
        authority=an_authority(),
        charger=charger_of(bay),
        purpose="station",
        subject="s",
        serial_number=f"{bay.pk:x}",
        certificate="c",
        not_before=NOW,
        not_after=NOW,
        signed_at=NOW,
    ),
    certificates.HeldCertificate: lambda bay: certificates.HeldCertificate.objects.create(
        charger=charger_of(bay), kind="CSMSRootCertificate", algorithm="SHA256", told_at=NOW
    ),
    certificates.Upgrade: lambda bay: certificates.Upgrade.objects.create(
        charger=charger_of(bay), profile=2, step="done", asked_at=NOW
    ),
    AuditEntry: lambda bay: AuditEntry.objects.create(at=NOW, depot=bay.depot, user_name="n", act="a", subject="s"),
}


SEEN_BY_ALL: dict[type[Model], Callable[[], Model]] = {
    BusinessClock: lambda: BusinessClock.objects.create(business_at=NOW, real_at=NOW),
    FirmwareImage: lambda: make_campaign(make_charger("CP-F"), actors.person()).image,
    FeedCounter: lambda: FeedCounter.objects.get_or_create(pk=1, defaults={"epoch": "e"})[0],
    Tariff: lambda: Tariff.objects.create(name="n", currency="EUR", price_per_kwh="0.3", created_at=NOW),
    certificates.Authority: lambda: an_authority(),
    TokenGroup: lambda: TokenGroup.objects.create(name="night shift"),
}


SEEN_BY_THOSE_WHO_SEE_ALL: dict[type[Model], Callable[[], Model]] = {
    chargers.RefusedHandshake: lambda: chargers.RefusedHandshake.objects.create(
        address="a", path="p", reason=Refusal.UNKNOWN, answered_with=404, at=NOW
    ),
    certificates.TlsTrouble: lambda: certificates.TlsTrouble.objects.create(reason="r", first_at=NOW, last_at=NOW),
    chargers.Gateway: lambda: chargers.Gateway.objects.create(name="g", started_at=NOW, renewed_at=NOW),
    IdempotencyKey: lambda: IdempotencyKey.objects.create(user=actors.person(), key="k", created_at=NOW),
    SignInTry: lambda: SignInTry.objects.create(user_name="n", address="a", at=NOW),
}
