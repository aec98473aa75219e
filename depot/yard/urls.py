from django.urls import URLPattern, path

from depot.yard.columns import Kind
from depot.yard.views import (
    call_form,
    chargers,
    commands,
    configuration,
    connecting,
    imports,
    messages,
    places,
    tariffs,
    vehicles,
)

IMPORT_PERMISSIONS = {
    Kind.CHARGERS: "chargers.add_charger",
    Kind.BAYS: "depot.add_bay",
    Kind.VEHICLES: "charging_sessions.add_vehicle",
    Kind.TOKENS: "charging_sessions.add_idtoken",
}


def import_patterns(kind: Kind, permission: str) -> list[URLPattern]:
    return [
        path(f"import/{kind}/", imports.paste_page(kind, permission), name=f"import-{kind}"),
        path(f"import/{kind}/<int:batch_id>/", imports.preview_page(kind, permission), name=f"import-{kind}-preview"),
        path(f"import/{kind}/<int:batch_id>/run/", imports.run_page(kind, permission), name=f"import-{kind}-run"),
        path(f"import/{kind}/<int:batch_id>/undo/", imports.undo_page(kind, permission), name=f"import-{kind}-undo"),
    ]


urlpatterns = [
    path("chargers/", chargers.chargers, name="chargers"),
    path("chargers/add/", connecting.add, name="charger-add"),
    path("waiting-room/", connecting.waiting_room, name="waiting-room"),
    path("waiting-room/handshakes/", connecting.handshakes, name="handshakes"),
    path("waiting-room/<int:waiting_id>/adopt/", connecting.adopt, name="charger-adopt"),
    path("waiting-room/<int:waiting_id>/forget/", connecting.forget, name="charger-forget"),
    path("waiting-room/<int:refused_id>/let-wait/", connecting.let_wait, name="charger-let-wait"),
    path("chargers/<int:charger_id>/", chargers.charger, name="charger"),
    path("chargers/<int:charger_id>/edit/", chargers.edit, name="charger-edit"),
    path("chargers/<int:charger_id>/automation/", chargers.switch_automation, name="charger-automation"),
    path(
        "chargers/<int:charger_id>/energy-management/",
        chargers.switch_energy_management,
        name="charger-energy-management",
    ),
    path("chargers/<int:charger_id>/delete/", chargers.delete, name="charger-delete"),
    path("chargers/<int:charger_id>/refuse/", connecting.refuse, name="charger-refuse"),
    path("chargers/<int:charger_id>/connect/", connecting.connect, name="charger-connect"),
    path("chargers/<int:charger_id>/connect/tries/", connecting.charger_tries, name="charger-tries"),
    path("chargers/<int:charger_id>/connect/new-password/", connecting.new_password, name="charger-new-password"),
    path("chargers/<int:charger_id>/messages/", messages.messages, name="charger-messages"),
    path("chargers/<int:charger_id>/messages/<int:call_id>/", messages.message, name="charger-message"),
    path("chargers/<int:charger_id>/messages.jsonl", messages.export, name="charger-messages-export"),
    path("chargers/<int:charger_id>/commands/", commands.commands, name="charger-commands"),
    path("chargers/<int:charger_id>/commands/<int:command_id>/", commands.command, name="charger-command"),
    path("chargers/<int:charger_id>/ask/reset/", commands.reset, name="charger-ask-reset"),
    path("chargers/<int:charger_id>/ask/unlock/", commands.unlock, name="charger-ask-unlock"),
    path("chargers/<int:charger_id>/ask/availability/", commands.change_availability, name="charger-ask-availability"),
    path("chargers/<int:charger_id>/ask/trigger/", commands.trigger, name="charger-ask-trigger"),
    path("chargers/<int:charger_id>/ask/clear-cache/", commands.clear_cache, name="charger-ask-clear-cache"),
    path("chargers/<int:charger_id>/ask/call/", commands.call, name="charger-call"),
    path("chargers/<int:charger_id>/call/<str:action>/", call_form.call_form, name="charger-call-form"),
    path("chargers/<int:charger_id>/configuration/", configuration.settings, name="charger-configuration"),
    path("chargers/<int:charger_id>/configuration/read/", configuration.read_again, name="charger-read-settings"),
    path("chargers/<int:charger_id>/configuration/set/", configuration.set_value, name="charger-set-value"),
    path("vehicles/", vehicles.vehicles, name="vehicles"),
    path("vehicles/add/", vehicles.add_vehicle, name="vehicle-add"),
    path("vehicles/<int:vehicle_id>/", vehicles.vehicle, name="vehicle"),
    path("vehicles/<int:vehicle_id>/edit/", vehicles.change_vehicle, name="vehicle-edit"),
    path("vehicles/<int:vehicle_id>/token/", vehicles.make_own_token, name="vehicle-token"),
    path("tokens/", vehicles.tokens, name="tokens"),
    path("tokens/add/", vehicles.add_token, name="token-add"),
    path("tokens/<int:token_id>/", vehicles.change_token, name="token"),
    path("tokens/<int:token_id>/block/", vehicles.block_token, name="token-block"),
    path("tokens/<int:token_id>/unblock/", vehicles.unblock_token, name="token-unblock"),
    path("bays/", places.bays, name="bays"),
    path("bays/add/", places.add_bay, name="bay-add"),
    path("bays/<int:bay_id>/edit/", places.change_bay, name="bay-edit"),
    path("bays/<int:bay_id>/delete/", places.delete_bay, name="bay-delete"),
    path("depots/", places.depot_settings, name="depot-settings"),
    path("depots/add/", places.add_depot, name="depot-add"),
    path("depots/<int:depot_id>/", places.change_depot, name="depot"),
    path("tariffs/", tariffs.tariffs, name="tariffs"),
    path("tariffs/add/", tariffs.add, name="tariff-add"),
    path("tariffs/<int:tariff_id>/", tariffs.tariff, name="tariff"),
    path("tariffs/<int:tariff_id>/change/", tariffs.change, name="tariff-change"),
    *(pattern for kind, permission in IMPORT_PERMISSIONS.items() for pattern in import_patterns(kind, permission)),
]
