"""What of OCPP this depot does: each action with its handler, what it changes, where that shows, which test reads it.

Who speaks and who handles is looked up in the dialects and in the inbox; the effects are declared here, and what is
declared must exist. An action that lacks any of these is said to be missing, not passed over.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chargers.events import Event, SeveralTold
from chargers.ocpp import coverage
from chargers.ocpp.coverage import Direction, Spoken
from depot.inbox import BY_THE_BATCH, ONE_AT_A_TIME
from depot.yard.calls import TOLD_BY_CHARGERS

TOLD = "tests/flows/test_told_and_shown.py"
ASKED = "tests/flows/test_asked_and_shown.py"
LISTED = "tests/flows/test_local_list.py"
LIST_SHOWS = "test_the_version_of_a_local_list_shows"
NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Rest:
    """A field that a GET of a named address shows."""

    name: str
    field: str

    def __str__(self) -> str:
        return f"REST {self.name}: {self.field}"


@dataclass(frozen=True, slots=True)
class Page:
    """A variable that a page's template shows."""

    template: str
    variable: str

    def __str__(self) -> str:
        return f"page {self.template}: {self.variable}"


@dataclass(frozen=True, slots=True)
class Effect:
    changes: str  # the field of a model: app label, model, field
    shown: Rest | Page
    test: str  # file::function
    only_stored: str = ""  # why the payload or the answer is merely kept and shown, where that is all that is done


# Where any call and any answer is kept: what ends there, and nowhere else, is only stored. An answer that is read by
# code of its own, as a composite schedule is, is not.
STORED_IN = frozenset({"chargers.TracedCall.answer", "chargers.IssuedCommand.status"})
CALL_ANSWERED = Effect(
    "chargers.TracedCall.answer", Page("yard/_message.html", "picked.answer"), f"{TOLD}::test_a_call_shows_its_answer"
)
REFUSED = replace(CALL_ANSWERED, test=f"{TOLD}::test_a_refusal_shows_in_the_trace")
PASSED_ON = "The vehicle is who it is for: what the provider says is passed on, and nothing of it is ours to keep"
JOB = Effect("chargers.Job.status", Page("yard/charger.html", "job.status"), f"{TOLD}::test_a_job_shows_how_far_it_is")
RESERVATIONS = "tests/flows/test_reservations.py"
RESERVED = Effect(
    "reserving.Reservation.state",
    Rest("api-reservation", "state"),
    f"{RESERVATIONS}::test_the_charger_keeps_the_place_for_the_vehicle",
)
START = Effect(
    "charging_sessions.Session.started_at", Rest("api-session", "started_at"), f"{TOLD}::test_a_charge_shows"
)
SETTING = Effect(
    "chargers.SettingValue.value",
    Page("yard/configuration.html", "setting.value"),
    f"{ASKED}::test_settings_that_were_asked_for_show",
)
SETTING_CHANGED = replace(SETTING, test=f"{ASKED}::test_a_setting_that_was_changed_shows")
COMMAND = Effect("chargers.IssuedCommand.status", Rest("api-command", "status"), f"{ASKED}::test_an_answer_shows")
EFFECT_SEEN = Effect("chargers.IssuedCommand.effect", Rest("api-command", "effect"), f"{ASKED}::test_an_effect_shows")
START_OR_STOP = replace(EFFECT_SEEN, test=f"{ASKED}::test_a_start_and_a_stop_show")
PROFILE_TAKEN = Effect(
    "held.Holding.possible", Page("device/power.html", "taken"), f"{ASKED}::test_a_profile_that_was_taken_shows"
)
TRIGGERED = "What it brings about is the other message's, which has a line of its own"

ONSITE = "tests/flows/test_onsite.py"
REPORTS = "tests/flows/test_reports.py"


def _reported(changes: str, address: str, field: str, test: str) -> Effect:
    return Effect(f"device_model.{changes}", Rest(f"api-charger-{address}", field), f"{REPORTS}::{test}")


REPORT_STANDS = _reported("Report.state", "reports", "state", "test_a_report_that_was_asked_for_shows_how_far_it_is")
MONITOR = _reported(
    "VariableMonitor.value", "monitors", "value", "test_monitors_that_were_set_show_until_they_are_cleared"
)
MESSAGE = _reported(
    "DisplayMessage.text",
    "display-messages",
    "text",
    "test_a_message_shows_from_when_it_was_taken_until_it_is_cleared",
)
LIMIT = _reported(
    "ExternalLimit.lifted_at", "external-limits", "lifted_at", "test_a_limit_from_outside_shows_until_it_is_lifted"
)
CUSTOMER = _reported(
    "CustomerFile.text", "customer-files", "text", "test_what_it_knows_of_a_customer_shows_once_all_of_it_is_told"
)


def _of_21(changes: str, address: str, field: str, test: str) -> Effect:
    return Effect(changes, Rest(f"api-{address}", field), f"{ONSITE}::{test}")


SIGNED = Effect(
    "certificates.SignedCertificate.given_state",
    Rest("api-certificate", "given_state"),
    "tests/security/test_pages.py::test_a_signed_certificate_shows_with_what_became_of_it",
)
INSTALLED = Effect(
    "certificates.HeldCertificate.kind",
    Page("security/charger.html", "one.held.kind"),
    "tests/security/test_pages.py::test_what_a_charger_has_installed_shows",
)

LOG_ASKED = Effect(
    "uploads.AwaitedUpload.stored_as",
    Rest("api-upload", "is_here"),
    "tests/uploads/test_asking.py::test_a_charger_brings_the_log_that_it_was_asked_for",
)
FIRMWARE_BROUGHT = Effect(
    "firmware.CampaignStep.state",
    Rest("api-firmware-campaign", "steps"),
    "tests/firmware/test_over_the_wire.py::test_a_charger_is_told_to_update_and_its_way_is_read_over_rest",
)

EFFECTS: Mapping[str, Effect] = {
    "AFRRSignal": _of_21(
        "grid.ReserveSignal.signal", "reserve-signals", "signal", "test_the_reserve_signal_that_it_follows_shows"
    ),
    "AdjustPeriodicEventStream": _of_21(
        "streams.EventStream.interval_s", "event-streams", "interval_s", "test_an_adjusted_stream_shows_its_new_terms"
    ),
    "Authorize": replace(
        CALL_ANSWERED, only_stored="The answer is the effect: the charge that follows is told by its own message"
    ),
    "BatterySwap": _of_21(
        "swapping.SwappedBattery.soc_percent", "battery-swaps", "batteries", "test_a_swap_shows_its_batteries"
    ),
    "BootNotification": Effect(
        "chargers.Charger.firmware", Rest("api-charger", "firmware"), f"{TOLD}::test_a_boot_shows_who_it_is"
    ),
    "CancelReservation": replace(RESERVED, test=f"{RESERVATIONS}::test_it_is_released_when_the_charger_has_let_it_go"),
    "CertificateSigned": SIGNED,
    "ChangeAvailability": replace(EFFECT_SEEN, test=f"{ASKED}::test_a_change_of_availability_is_seen_at_the_outlet"),
    "ChangeConfiguration": SETTING_CHANGED,
    "ChangeTransactionTariff": _of_21(
        "onsite.HeldTariff.reference", "held-tariffs", "reference", "test_the_tariff_of_one_charge_shows"
    ),
    "ClearCache": replace(
        COMMAND, only_stored="What a charger remembers of cards it never tells; that it forgot is all there is to know"
    ),
    "ClearChargingProfile": replace(PROFILE_TAKEN, test=f"{ASKED}::test_a_profile_that_was_cleared_shows_no_more"),
    "ClearDERControl": _of_21(
        "grid.GridRule.rule_id", "grid-rules", "rule_id", "test_a_grid_rule_that_was_taken_shows_and_goes"
    ),
    "ClearDisplayMessage": MESSAGE,
    "ClearTariffs": _of_21(
        "onsite.HeldTariff.tariff_id", "held-tariffs", "tariff_id", "test_a_tariff_that_it_counts_by_shows_and_goes"
    ),
    "ClearVariableMonitoring": MONITOR,
    "ClearedChargingLimit": LIMIT,
    "ClosePeriodicEventStream": _of_21(
        "streams.EventStream.closed_at", "event-streams", "closed_at", "test_a_stream_opens_flows_and_closes"
    ),
    "CostUpdated": _of_21(
        "onsite.ChargeCost.told_total",
        "charge-costs",
        "told_total",
        "test_what_a_charge_has_come_to_is_told_while_it_runs",
    ),
    "CustomerInformation": CUSTOMER,
    "DataTransfer": replace(
        CALL_ANSWERED,
        only_stored="What a maker means by it is nobody else's to know; what we read of one has its quirk",
    ),
    "DeleteCertificate": replace(
        INSTALLED, test="tests/security/test_signing.py::test_a_deletion_names_the_certificate_as_the_charger_does"
    ),
    "DiagnosticsStatusNotification": JOB,
    "ExtendedTriggerMessage": replace(COMMAND, only_stored=TRIGGERED),
    "FirmwareStatusNotification": JOB,
    "Get15118EVCertificate": replace(REFUSED, only_stored=PASSED_ON),
    "GetBaseReport": REPORT_STANDS,
    "GetCertificateChainStatus": replace(REFUSED, only_stored=PASSED_ON),
    "GetCertificateStatus": replace(REFUSED, only_stored=PASSED_ON),
    "GetChargingProfiles": REPORT_STANDS,
    "GetCompositeSchedule": Effect(
        "chargers.IssuedCommand.response",
        Page("device/power.html", "told.stretches"),
        f"{ASKED}::test_a_composite_schedule_shows",
    ),
    "GetConfiguration": SETTING,
    "GetDERControl": _of_21("grid.GridRule.reported_at", "grid-rules", "reported_at", "test_reported_grid_rules_show"),
    "GetDiagnostics": LOG_ASKED,
    "GetDisplayMessages": REPORT_STANDS,
    "GetInstalledCertificateIds": INSTALLED,
    "GetLocalListVersion": Effect(
        "upkeep.LocalList.reported_version", Rest("api-local-list", "reported_version"), f"{LISTED}::{LIST_SHOWS}"
    ),
    "GetLog": LOG_ASKED,
    "GetMonitoringReport": REPORT_STANDS,
    "GetPeriodicEventStream": _of_21(
        "streams.EventStream.closed_at",
        "event-streams",
        "closed_at",
        "test_the_streams_that_are_listed_are_those_that_are_open",
    ),
    "GetReport": REPORT_STANDS,
    "GetTariffs": _of_21(
        "onsite.HeldTariff.listed_at", "held-tariffs", "listed_at", "test_the_tariffs_that_it_lists_show"
    ),
    "GetTransactionStatus": replace(
        COMMAND,
        test=f"{REPORTS}::test_how_a_transaction_stands_shows",
        only_stored="It changes nothing: a session ends by what the charger tells of it, never by such an answer",
    ),
    "GetVariables": SETTING,
    "Heartbeat": Effect(
        "chargers.Connection.last_frame_at",
        Rest("api-charger", "last_heard_at"),
        f"{TOLD}::test_a_heartbeat_shows_that_it_lives",
    ),
    "InstallCertificate": replace(
        INSTALLED, test="tests/security/test_signing.py::test_after_a_root_is_installed_it_is_known_by_name"
    ),
    "LogStatusNotification": JOB,
    "MeterValues": Effect(
        "charging_sessions.MeterReading.energy_wh",
        Rest("api-session-readings", "energy_wh"),
        f"{TOLD}::test_a_meter_value_shows_in_the_curve",
    ),
    "NotifyAllowedEnergyTransfer": _of_21(
        "grid.ChargeTerms.transfer_modes", "charge-terms", "transfer_modes", "test_the_ways_that_energy_may_flow_show"
    ),
    "NotifyChargingLimit": _reported(
        "ExternalLimit.schedule", "external-limits", "schedule", "test_a_limit_from_outside_shows_until_it_is_lifted"
    ),
    "NotifyCustomerInformation": CUSTOMER,
    "NotifyDERAlarm": _of_21("grid.GridAlarm.fault", "grid-alarms", "fault", "test_a_grid_alarm_shows_until_it_ends"),
    "NotifyDERStartStop": _of_21(
        "grid.GridRule.started_at", "grid-rules", "started_at", "test_a_grid_rule_that_begins_shows_since_when"
    ),
    "NotifyDisplayMessages": _reported(
        "DisplayMessage.standing",
        "display-messages",
        "standing",
        "test_messages_that_are_reported_replace_what_was_known",
    ),
    "NotifyEVChargingNeeds": _reported(
        "ChargingNeeds.departs_at", "charging-needs", "departs_at", "test_needs_of_a_vehicle_show_and_are_answered"
    ),
    "NotifyEVChargingSchedule": _reported(
        "VehicleSchedule.is_within_limits",
        "vehicle-schedules",
        "is_within_limits",
        "test_a_schedule_of_a_vehicle_shows_and_is_judged",
    ),
    "NotifyEvent": _reported("MonitorAlert.value", "alerts", "value", "test_an_alert_shows_with_what_its_monitor_saw"),
    "NotifyMonitoringReport": _reported(
        "VariableMonitor.number",
        "monitors",
        "number",
        "test_monitors_that_are_reported_in_parts_show_when_all_are_there",
    ),
    "NotifyPeriodicEventStream": _of_21(
        "streams.StreamValue.value", "stream-values", "value", "test_a_stream_opens_flows_and_closes"
    ),
    "NotifyPriorityCharging": _of_21(
        "grid.ChargeTerms.is_first", "charge-terms", "is_first", "test_who_charges_first_shows"
    ),
    "NotifyReport": Effect(
        "chargers.SettingValue.value", Page("yard/configuration.html", "setting.value"), f"{TOLD}::test_a_report_shows"
    ),
    "NotifySettlement": _of_21(
        "onsite.Settlement.amount", "settlements", "amount", "test_a_settled_payment_shows_and_gets_a_receipt"
    ),
    "NotifyWebPaymentStarted": _of_21(
        "onsite.WebPayment.until", "web-payments", "until", "test_an_evse_that_waits_for_a_payment_shows"
    ),
    "OpenPeriodicEventStream": _of_21(
        "streams.EventStream.opened_at", "event-streams", "opened_at", "test_a_stream_opens_flows_and_closes"
    ),
    "PublishFirmware": replace(JOB, test=f"{ASKED}::test_firmware_that_is_published_shows_as_a_job"),
    "PublishFirmwareStatusNotification": JOB,
    "PullDynamicScheduleUpdate": _of_21(
        "grid.DynamicLimit.asked_at", "dynamic-limits", "asked_at", "test_a_dynamic_limit_is_given_when_it_is_asked_for"
    ),
    "RemoteStartTransaction": START_OR_STOP,
    "RemoteStopTransaction": START_OR_STOP,
    "ReportChargingProfiles": _reported(
        "ReportedProfile.profile", "reported-profiles", "profile", "test_profiles_that_it_reports_show"
    ),
    "ReportDERControl": _of_21("grid.GridRule.settings", "grid-rules", "settings", "test_reported_grid_rules_show"),
    "RequestBatterySwap": _of_21(
        "swapping.BatterySwap.request_id", "battery-swaps", "request_id", "test_a_swap_shows_its_batteries"
    ),
    "RequestStartTransaction": START_OR_STOP,
    "RequestStopTransaction": START_OR_STOP,
    "ReservationStatusUpdate": replace(RESERVED, test=f"{RESERVATIONS}::test_the_charger_ends_it_by_its_word"),
    "ReserveNow": RESERVED,
    "Reset": EFFECT_SEEN,
    "SecurityEventNotification": Effect(
        "chargers.SecurityEvent.type", Page("yard/charger.html", "event.type"), f"{TOLD}::test_a_security_event_shows"
    ),
    "SendLocalList": Effect("upkeep.LocalList.version", Rest("api-local-list", "version"), f"{LISTED}::{LIST_SHOWS}"),
    "SetChargingProfile": PROFILE_TAKEN,
    "SetDERControl": _of_21(
        "grid.GridRule.settings", "grid-rules", "settings", "test_a_grid_rule_that_was_taken_shows_and_goes"
    ),
    "SetDefaultTariff": _of_21(
        "onsite.HeldTariff.tariff_id", "held-tariffs", "tariff_id", "test_a_tariff_that_it_counts_by_shows_and_goes"
    ),
    "SetDisplayMessage": MESSAGE,
    "SetMonitoringBase": _reported(
        "VariableMonitor.origin",
        "monitors",
        "origin",
        "test_another_monitoring_base_deletes_the_monitors_that_we_set",
    ),
    "SetMonitoringLevel": replace(SETTING, test=f"{ASKED}::test_the_level_of_monitoring_shows_as_a_setting"),
    "SetNetworkProfile": _reported(
        "NetworkSlot.url", "network-slots", "url", "test_a_network_profile_that_it_took_shows"
    ),
    "SetVariableMonitoring": MONITOR,
    "SetVariables": SETTING_CHANGED,
    "SignCertificate": SIGNED,
    "SignedFirmwareStatusNotification": JOB,
    "SignedUpdateFirmware": FIRMWARE_BROUGHT,
    "StartTransaction": START,
    "StatusNotification": Effect(
        "chargers.Connector.status", Rest("api-connectors", "status"), f"{TOLD}::test_a_status_shows"
    ),
    "StopTransaction": Effect(
        "charging_sessions.Session.ended_at", Rest("api-session", "ended_at"), f"{TOLD}::test_a_charge_shows"
    ),
    "TransactionEvent": START,
    "TriggerMessage": replace(COMMAND, only_stored=TRIGGERED),
    "UnlockConnector": replace(
        COMMAND, only_stored="The bolt has no state in OCPP: whether it opened is what the answer says"
    ),
    "UnpublishFirmware": replace(JOB, test=f"{ASKED}::test_firmware_that_is_published_shows_as_a_job"),
    "UpdateDynamicSchedule": _of_21(
        "grid.DynamicLimit.rates", "dynamic-limits", "rates", "test_a_dynamic_limit_is_given_when_it_is_asked_for"
    ),
    "UpdateFirmware": FIRMWARE_BROUGHT,
    "UsePriorityCharging": _of_21(
        "grid.ChargeTerms.is_first", "charge-terms", "is_first", "test_who_charges_first_shows"
    ),
    "VatNumberValidation": _of_21(
        "onsite.VatCheck.verdict", "vat-checks", "verdict", "test_a_vat_number_shows_what_was_thought_of_it"
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One action of one version, and what is done with it."""

    spoken: Spoken
    done_by: tuple[str, ...]
    effect: Effect | None

    @property
    def is_done(self) -> bool:
        return self.spoken.is_spoken and bool(self.done_by) and self.effect is not None

    @property
    def cells(self) -> tuple[str, ...]:
        opening = (f"{self.spoken.version} {self.spoken.action}", self.spoken.direction.value)
        if not self.is_done or self.effect is None:
            return (*opening, f"{NOT_YET} ({', '.join(self.done_by)})" if self.done_by else NOT_YET)
        return (*opening, ", ".join(self.done_by), f"{self.effect.changes}, {self.effect.shown}", self.effect.test)

    def __str__(self) -> str:
        return " | ".join(self.cells)


def lines() -> list[Line]:
    return [Line(one, tuple(_done_by(one)), EFFECTS.get(one.action)) for one in coverage.spoken(TOLD_BY_CHARGERS)]


def _done_by(one: Spoken) -> typing.Iterator[str]:
    """What reads it and handles what it says, and by which commands it is said."""
    if one.teller is not None:
        yield coverage.name_of(one.teller)
        for event in events_of(one):
            if event in BY_THE_BATCH:
                yield "depot.batch"
            if event in ONE_AT_A_TIME:
                yield coverage.name_of(ONE_AT_A_TIME[event])
    for command in one.commands:
        yield f"{command.__name__} ({command.kind})"


def events_of(one: Spoken) -> list[type[Event[typing.Any]]]:
    """What a teller may return, as it is annotated; several told at once each count by themselves."""
    told = typing.get_type_hints(one.teller)["return"]
    return [kind for kind in typing.get_args(told) or (told,) if kind is not SeveralTold]


def tally(told: list[Line]) -> list[str]:
    """How far each version is, in a line each."""
    versions = dict.fromkeys(line.spoken.version for line in told)
    found = []
    for version in versions:
        of_it = [line for line in told if line.spoken.version == version]
        done = sum(line.is_done for line in of_it)
        up = sum(line.is_done for line in of_it if line.spoken.direction is not Direction.DOWN)
        found.append(f"{version}: {done} of {len(of_it)} actions ({up} told by chargers, {done - up} asked by us)")
    return found


def as_document() -> str:
    """The table of the docs."""
    told = lines()
    rows = []
    for line in told:
        cells = line.cells
        rows.append("| " + " | ".join((*cells, *[""] * (5 - len(cells)))) + " |")
    return "\n".join(
        [
            "# What of OCPP is done",
            "",
            "Written by `python manage.py ocppcoverage --write`; a test keeps it up to date.",
            "",
            *(f"- {sentence}" for sentence in tally(told)),
            "",
            "| version and action | direction | done by | changes, and where it shows | test |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
