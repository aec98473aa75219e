"""Who may do what: each role, and each scope of an API key, with its permissions. The one table."""

from collections.abc import Mapping

from django.contrib.auth.models import AnonymousUser

from depot.access.models import ApiKey, Role, Scope, User

# What anyone who may look at the yard at all may see.
LOOK = frozenset(
    {
        "billing.view_tariff",
        "charging_sessions.view_meterreading",
        "charging_sessions.view_session",
        "charging_sessions.view_vehicle",
        "chargers.view_capability",
        "chargers.view_charger",
        "chargers.view_connection",
        "chargers.view_connector",
        "chargers.view_evse",
        "chargers.view_issuedcommand",
        "depot.view_bay",
        "depot.view_depot",
        "energy.view_circuit",
        "energy.view_energysettings",
        "energy.view_gridcap",
        "energy.view_habit",
        "energy.view_manuallimit",
        "energy.view_metersample",
        "energy.view_metersource",
        "energy.view_monthpeak",
        "energy.view_rule",
        "energy.view_siteinterval",
        "energy.view_sitetariff",
        "energy.view_storedplan",
        "energy.view_timetable",
        "energy.view_vehicleneed",
        "energy.view_wiring",
        "device_model.view_chargingneeds",
        "device_model.view_externallimit",
        "device_model.view_vehicleschedule",
        "notices.view_notice",
        "reserving.view_reservation",
    }
)

# A card's number is enough to copy the card: only who works with cards sees them.
DISPATCH = LOOK | {
    "charging_sessions.name_vehicle",
    "charging_sessions.start_session",
    "charging_sessions.stop_session",
    "charging_sessions.view_idtoken",
    "depot_upkeep.view_offlinerule",
    "upkeep.view_locallist",
    "chargers.operate_charger",
    "depot.call_emergency",
    "reserving.add_reservation",
    "reserving.delete_reservation",
    "energy.add_chargenow",
    "energy.add_gridcap",
    "energy.add_manuallimit",
    "energy.add_metersample",
    "energy.add_vehicleneed",
    "energy.delete_chargenow",
    "energy.delete_gridcap",
    "energy.delete_manuallimit",
    "energy.delete_vehicleneed",
}

# Circuits and meters are drawn by whoever knows the cables, or runs the site.
WIRE = frozenset(
    f"energy.{verb}_{what}"
    for verb in ("add", "change", "delete")
    for what in ("circuit", "energysettings", "metersource", "wiring")
)
RUN_ENERGY = frozenset(
    f"energy.{verb}_{what}"
    for verb in ("add", "change", "delete")
    for what in ("habit", "rule", "sitetariff", "timetable")
)

MANAGE = DISPATCH | {
    *WIRE,
    *RUN_ENERGY,
    "access.view_auditentry",
    "billing.add_tariff",
    "billing.change_tariff",
    "billing.delete_tariff",
    "billing.view_transaction",
    "charging_sessions.add_idtoken",
    "charging_sessions.add_vehicle",
    "charging_sessions.change_idtoken",
    "charging_sessions.change_vehicle",
    "charging_sessions.delete_idtoken",
    "charging_sessions.delete_vehicle",
    "depot.add_bay",
    "depot.change_bay",
    "depot.change_depot",
    "depot.delete_bay",
    "depot_upkeep.add_offlinerule",
    "depot_upkeep.delete_offlinerule",
    "depot.run_demo",
}

ENGINEER = DISPATCH | {
    *WIRE,
    "certificates.change_security",
    "certificates.manage_authorities",
    "certificates.view_authority",
    "certificates.view_heldcertificate",
    "certificates.view_security",
    "certificates.view_signedcertificate",
    "chargers.add_charger",
    "chargers.call_raw",
    "chargers.change_charger",
    "chargers.delete_charger",
    "chargers.engineer_charger",
    "chargers.view_job",
    "chargers.view_oddity",
    "chargers.view_refusedhandshake",
    "chargers.view_securityevent",
    "chargers.view_settingvalue",
    "chargers.view_tracedcall",
    "chargers.view_unreadfact",
    "upkeep.add_settingtemplate",
    "upkeep.change_settingtemplate",
    "upkeep.delete_settingtemplate",
    "upkeep.view_settingtemplate",
    "device_model.view_customerfile",
    "device_model.view_displaymessage",
    "device_model.view_monitoralert",
    "device_model.view_networkslot",
    "device_model.view_report",
    "device_model.view_reportedprofile",
    "device_model.view_variablemonitor",
    "depot.add_bay",
    "depot.change_bay",
    "depot.run_demo",
    "firmware.add_campaign",
    "firmware.add_firmwareimage",
    "firmware.change_campaign",
    "firmware.view_campaign",
    "firmware.view_firmwareimage",
    "uploads.ask_for_log",
    "uploads.view_awaitedupload",
}

ADMINISTER = (
    MANAGE
    | ENGINEER
    | {
        "access.manage_users",
        "depot.add_depot",
        "depot.delete_depot",
    }
)

# What an ERP reads to mirror the transactions and what they name.
MIRROR = frozenset(
    {
        "billing.view_tariff",
        "billing.view_transaction",
        "charging_sessions.view_idtoken",
        "charging_sessions.view_session",
        "charging_sessions.view_vehicle",
        "depot.view_bay",
        "depot.view_depot",
    }
)

OF_ROLE: Mapping[str, frozenset[str]] = {
    Role.VIEWER: LOOK,
    Role.DISPATCHER: DISPATCH,
    Role.FLEET_MANAGER: MANAGE,
    Role.ENGINEER: ENGINEER,
    Role.ADMIN: ADMINISTER,
}

OF_SCOPE: Mapping[str, frozenset[str]] = {
    Scope.READ: LOOK,
    Scope.OPERATE: DISPATCH,
    Scope.ERP: MIRROR,
    Scope.ENGINEER: ENGINEER,
    Scope.ADMIN: ADMINISTER,
}


def permissions_of(user: User | AnonymousUser) -> frozenset[str]:
    """Every permission that `user` has; a service account has what the scopes of its living key give."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if not user.is_service:
        return OF_ROLE.get(user.role, frozenset())
    try:
        key = user.api_key
    except ApiKey.DoesNotExist:
        return frozenset()
    if key.revoked_at is not None:
        return frozenset()
    return frozenset[str]().union(*(OF_SCOPE.get(scope, frozenset()) for scope in key.scopes))


def roles_with(permission: str) -> list[Role]:
    return [role for role in Role if permission in OF_ROLE[role]]
