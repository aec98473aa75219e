"""One depot with one row of everything, for the table of routes to ask about; each row's name carries a mark."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from billing.models import Tariff
from billing.services import settle_session
from chargers.certificates import building
from chargers.certificates.models import HeldCertificate, Purpose
from chargers.certificates.services import authorities
from chargers.choices import Direction, Standing
from chargers.models import Capability, Charger, IssuedCommand, TracedCall
from chargers.upkeep.models import LocalList, SettingTemplate
from depot.access.audit import note
from depot.access.models import Role, User
from depot.energy.models import EnergySettings, Habit
from depot.firmware.models import Campaign, CampaignStep, FirmwareImage
from depot.models import Bay, Depot
from depot.upkeep.models import OfflineRule
from depot.uploads import store
from depot.uploads.models import AwaitedUpload
from depot.yard.models import ImportBatch, ImportKind
from sessions.models import IdToken, TokenGroup
from sessions.reserving.models import Reservation
from tests import papers
from tests.access import actors
from tests.energy import rows as electricity
from tests.energy.pages.rows import make_change
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_reading,
    make_session,
    make_vehicle,
)

# In the name of whatever belongs to the depot: where it is read, somebody sees the depot.
MARK = "XQZ"


@dataclass(slots=True)
class Sample:
    """What stands in the parameters of a route, by the parameter's name or by the word before it."""

    depot: Depot
    bay: Bay
    elsewhere: Depot
    by_name: dict[str, Any] = field(default_factory=dict)
    by_word: dict[str, Any] = field(default_factory=dict)

    def value_for(self, name: str, word: str) -> Any:
        if f"{word}/{name}" in self.by_name:
            return self.by_name[f"{word}/{name}"]
        if name in self.by_name:
            return self.by_name[name]
        if word in self.by_word:
            return self.by_word[word]
        raise LookupError(f"tests/access/sample.py has nothing to stand in <{name}> after {word!r}")


def make_call(charger: Charger) -> TracedCall:
    return TracedCall.objects.create(
        charger=charger, at=THURSDAY, direction=Direction.IN, action="Heartbeat", message_id="1", request="{}"
    )


def make_batch(kind: str, user: User, depot: Depot) -> ImportBatch:
    return ImportBatch.objects.create(
        kind=kind, text=f"name\n{MARK} 1", columns=[""], depot=depot, created_by=user, created_at=THURSDAY
    )


def make_upload(charger: Charger, user: User) -> AwaitedUpload:
    kept = store.keep_chunks([b"log"])
    return AwaitedUpload.objects.create(
        charger=charger, sort="diagnostics", key_hmac=str(charger.pk), asked_by=user, asked_at=THURSDAY,
        expires_at=THURSDAY, max_bytes=1, told_name=f"{MARK}.log", received_at=THURSDAY, stored_as=kept.name,
    )  # fmt: skip


def make_campaign(charger: Charger, user: User) -> Campaign:
    image = FirmwareImage.objects.create(
        vendor="Acme", version="2", stored_as=store.keep_chunks([b"firmware"]).name, file_name="app.bin",
        key=f"key-{charger.pk}", added_by=user, added_at=THURSDAY,
    )  # fmt: skip
    campaign = Campaign.objects.create(
        name=f"{MARK} campaign", image=image, begins_at=THURSDAY, created_by=user, created_at=THURSDAY
    )
    CampaignStep.objects.create(campaign=campaign, charger=charger, position=1, changed_at=THURSDAY)
    return campaign


def make_sample() -> Sample:
    tariff = Tariff.objects.create(
        name="Site price", currency="EUR", time_zone="Europe/Berlin", price_per_kwh="0.30", created_at=THURSDAY
    )
    depot = make_depot(f"{MARK} depot", tariff=tariff)
    charger = make_charger(f"{MARK}-CP", name=f"{MARK} charger")
    evse = make_evse(charger)
    connector = evse.connectors.get()
    bay = make_bay(depot, f"{MARK} bay", evse=evse)
    vehicle = make_vehicle(f"{MARK} van", depot_key=depot.pk)
    token = IdToken.objects.create(
        value=f"{MARK}TOKEN", key=f"{MARK}token".casefold(), depot_key=depot.pk, vehicle=vehicle, created_at=THURSDAY
    )
    session = make_session(bay, vehicle, token=token, token_value=token.value, reference="7001")
    make_reading(session, THURSDAY, energy_wh=1_000_000, power_w=7_100)
    ended = make_session(
        bay, vehicle, started_at=THURSDAY - timedelta(hours=9), ended_at=THURSDAY - timedelta(hours=4),
        meter_stop_wh=1_012_400,
    )  # fmt: skip
    transaction = settle_session(ended, now=THURSDAY)
    Capability.objects.create(charger=charger, name=f"{MARK}-can", value="yes", evidence="seen", seen_at=THURSDAY)
    command: IssuedCommand = make_command(charger, status=MARK)
    colleague = actors.person(Role.VIEWER, depots=[depot], name=f"{MARK}.colleague")
    key, _ = actors.key(depots=[depot], name=f"{MARK} key")
    note(colleague, "looked", bay)
    group = TokenGroup.objects.create(name="night shift")
    reservation = Reservation.objects.create(
        charger=charger, evse=evse, token=token, token_value=token.value, token_key=token.key, name=f"{MARK} van",
        until=THURSDAY + timedelta(days=1), asked_at=THURSDAY, state="held", kept_by="us",
    )  # fmt: skip
    rule = OfflineRule.objects.create(depot=depot, tokens_of=depot, created_at=THURSDAY)
    local_list = LocalList.objects.create(charger=charger, is_managed=True)
    template = SettingTemplate.objects.create(name=f"{MARK} template", depot_key=depot.pk, created_at=THURSDAY)
    template.wanted.create(variable="HeartbeatInterval", value="300")
    upload, campaign = make_upload(charger, colleague), make_campaign(charger, colleague)
    circuit = electricity.make_circuit(depot, f"{MARK} grid")
    meter = electricity.make_source(depot, name=f"{MARK} meter")
    electricity.make_sample(depot, source=meter)
    site_tariff = electricity.make_tariff(depot, name=f"{MARK} tariff")
    electricity.make_interval(depot)
    electricity.make_peak(depot, window=f"{MARK} peak")
    authority = authorities.make_authority("Acme Fleet", at=papers.now())
    signed = authorities.sign(
        authority, building.make_key().public_key(), f"{MARK}-CP", purpose=Purpose.STATION, at=papers.now(), days=9,
        charger=charger,
    )  # fmt: skip
    held = HeldCertificate.objects.create(
        charger=charger, kind="CSMSRootCertificate", algorithm="SHA256", serial_number=f"{MARK}1", told_at=THURSDAY
    )
    return Sample(
        depot,
        bay,
        elsewhere=make_depot("Elsewhere"),
        by_name={
            "identity": charger.identity,
            "charger_id": charger.pk,
            "session_id": session.pk,
            "user_id": colleague.pk,
            "key_id": key.pk,
            "seq": transaction.seq,
            "rule_id": rule.pk,
            "site_tariff_id": site_tariff.pk,
            "rest": "CP-1",
            "list_id": local_list.pk,
            "authority_id": authority.pk,
            "signed_id": signed.pk,
            "held_id": held.pk,
            "template_id": template.pk,
            "action": "ClearCache",
            "key": f"bay-{bay.pk}",
            "who": f"vehicle-{vehicle.pk}",
            "change_id": make_change(depot).pk,
            "slug": "charger-offline",
            "unit_number": vehicle.unit_number,
            "waiting_id": make_charger(f"{MARK}-WAITS", standing=Standing.WAITING).pk,
            "refused_id": make_charger(f"{MARK}-REFUSED", standing=Standing.REFUSED).pk,
            "call_id": make_call(charger).pk,
            "upload_id": upload.pk,
            "campaign_id": campaign.pk,
            "name": "app.bin",
            "firmware-files/key": campaign.image.key,
            **{f"{kind}/batch_id": make_batch(kind, colleague, depot).pk for kind in ImportKind.values},
        },
        by_word={
            "evses": evse.pk,
            "connectors": connector.pk,
            "commands": command.pk,
            "sessions": session.pk,
            "id-tokens": token.pk,
            "token-groups": group.pk,
            "reservations": reservation.pk,
            "vehicles": vehicle.pk,
            "timetable": vehicle.pk,
            "tokens": token.pk,
            "depots": depot.pk,
            "bays": bay.pk,
            "circuits": circuit.pk,
            "wirings": electricity.wire(evse, circuit).pk,
            "energy-settings": EnergySettings.objects.create(depot=depot).pk,
            "meters": meter.pk,
            "site-tariffs": site_tariff.pk,
            "timetables": electricity.make_timetable(depot, vehicle).pk,
            "habits": Habit.objects.create(vehicle=vehicle).pk,
            "rules": electricity.make_rule(depot, active_from=None).pk,
            "needs": electricity.make_need(depot, vehicle=vehicle).pk,
            "manual-limits": electricity.make_manual_limit(bay).pk,
            "grid-caps": electricity.make_cap(depot, note=f"{MARK} event").pk,
            "caps": electricity.make_cap(depot).pk,
            "energy-plans": electricity.make_plan(depot, why=f"{MARK} wish").pk,
            "tariffs": tariff.pk,
            "offline-rules": rule.pk,
            "certificates": signed.pk,
            "authorities": authority.pk,
            "local-lists": local_list.pk,
            "setting-templates": template.pk,
            "uploads": upload.pk,
            "firmware-images": campaign.image.pk,
            "firmware-campaigns": campaign.pk,
        },
    )
