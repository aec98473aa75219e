"""Who may do what at which address: one row for each route and method. A route without its rows fails the tests.

To add a page: find its group below and add, for each method that it answers,

    page("GET", "chargers/<int:charger_id>/", EVERYONE),
    page("POST", "chargers/<int:charger_id>/reset/", ENGINEERS),

The route is spelled as in `urls.py`, with what includes it in front. What stands in its parameters is looked up in
`tests/access/sample.py`. Whoever is not named is refused; people who are not signed in are sent to sign in.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from depot.access.models import Role, Scope


class Nobody(StrEnum):
    """What happens to whoever is not signed in and shows no key."""

    REFUSED = "refused"  # 401
    SENT_TO_SIGN_IN = "sent to sign in"
    LET_IN = "let in"


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    route: str
    roles: frozenset[Role]
    scopes: frozenset[Scope] = frozenset()
    nobody: Nobody = Nobody.SENT_TO_SIGN_IN
    shows_all_depots: bool = False  # what it shows, or changes, belongs to no depot

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"


EVERYONE = frozenset(Role)
DISPATCHERS = frozenset({Role.DISPATCHER, Role.FLEET_MANAGER, Role.ENGINEER, Role.ADMIN})
MANAGERS = frozenset({Role.FLEET_MANAGER, Role.ADMIN})
ENGINEERS = frozenset({Role.ENGINEER, Role.ADMIN})
MANAGERS_AND_ENGINEERS = MANAGERS | ENGINEERS
ADMINS = frozenset({Role.ADMIN})

ALL_KEYS = frozenset(Scope)
LOOKING_KEYS = frozenset({Scope.READ, Scope.OPERATE, Scope.ENGINEER, Scope.ADMIN})
OPERATING_KEYS = frozenset({Scope.OPERATE, Scope.ENGINEER, Scope.ADMIN})
CARD_KEYS = OPERATING_KEYS | {Scope.ERP}
ENGINEERING_KEYS = frozenset({Scope.ENGINEER, Scope.ADMIN})
BILLING_KEYS = frozenset({Scope.ERP, Scope.ADMIN})
ADMIN_KEYS = frozenset({Scope.ADMIN})

# Forms on a charger's pages, by the last part of their address.
ENGINEERS_FORMS = (
    "clear-message", "clear-monitor", "cost", "customer", "data", "message", "monitor", "monitoring-base",
    "monitoring-level", "network-profile", "profiles", "report-messages", "report-monitors", "variables",
)  # fmt: skip


def page(method: str, route: str, roles: Collection[Role], **more: bool) -> Row:
    """For people; a key opens no page."""
    return Row(method, route, frozenset(roles), **more)  # type: ignore[arg-type]


def open_page(method: str, route: str) -> Row:
    return Row(method, route, EVERYONE, ALL_KEYS, Nobody.LET_IN)


def api(method: str, route: str, roles: Collection[Role], scopes: Collection[Scope], **more: bool) -> Row:
    full = f"api/v1/{route}"
    return Row(method, full, frozenset(roles), frozenset(scopes), Nobody.REFUSED, **more)  # type: ignore[arg-type]


ACCESS = [
    open_page("GET", "sign-in/"),
    open_page("POST", "sign-in/"),
    open_page("POST", "sign-out/"),
    page("GET", "password/", EVERYONE),
    page("POST", "password/", EVERYONE),
    page("GET", "users/", ADMINS),
    page("GET", "users/add/", ADMINS),
    page("POST", "users/add/", ADMINS),
    page("GET", "users/<int:user_id>/", ADMINS),
    page("POST", "users/<int:user_id>/", ADMINS),
    page("POST", "users/<int:user_id>/reset-password/", ADMINS),
    page("POST", "users/<int:user_id>/deactivate/", ADMINS),
    page("POST", "users/<int:user_id>/reactivate/", ADMINS),
    page("GET", "users/keys/add/", ADMINS),
    page("POST", "users/keys/add/", ADMINS),
    page("POST", "users/keys/<int:key_id>/revoke/", ADMINS),
    page("GET", "audit/", MANAGERS),
    page("GET", "audit.csv", MANAGERS),
]

API = [
    api("GET", "schema/", EVERYONE, ALL_KEYS),
    page("GET", "api/v1/docs/", EVERYONE),
    api("GET", "problems/<slug:slug>/", EVERYONE, ALL_KEYS, shows_all_depots=True),
    api("GET", "chargers/", EVERYONE, LOOKING_KEYS),
    api("POST", "chargers/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/", EVERYONE, LOOKING_KEYS),
    api("PATCH", "chargers/<str:identity>/", ENGINEERS, ENGINEERING_KEYS),
    api("DELETE", "chargers/<str:identity>/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/adopt/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/refuse/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/password/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/calls/<str:action>/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/reset/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/unlock/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "chargers/<str:identity>/trigger/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/availability/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-cache/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/read-settings/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/change-settings/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/report-settings/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/install-profile/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-profiles/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/set-monitors/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-monitors/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/report-monitors/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/monitoring-base/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/monitoring-level/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/show-message/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-message/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/report-messages/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/ask-customer/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/read-profiles/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/send-data/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/set-network-profile/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/report-some-settings/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/show-cost/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/composite-schedule/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "chargers/<str:identity>/read-transaction/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "chargers/<str:identity>/alerts/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/customer-files/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/display-messages/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/monitors/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/network-slots/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/reported-profiles/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/reports/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/settings/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "chargers/<str:identity>/charging-needs/", EVERYONE, LOOKING_KEYS),
    api("GET", "chargers/<str:identity>/external-limits/", EVERYONE, LOOKING_KEYS),
    api("GET", "chargers/<str:identity>/vehicle-schedules/", EVERYONE, LOOKING_KEYS),
    api("POST", "chargers/<str:identity>/give-default-tariff/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/change-transaction-tariff/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/read-tariffs/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-tariffs/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/set-grid-rule/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/report-grid-rules/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/clear-grid-rules/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/send-reserve-signal/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/allow-transfer/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/update-dynamic-schedule/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/read-streams/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/adjust-stream/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/await-web-payment/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "chargers/<str:identity>/use-priority/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "chargers/<str:identity>/request-swap/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "grid-rules/", EVERYONE, LOOKING_KEYS),
    api("GET", "grid-alarms/", EVERYONE, LOOKING_KEYS),
    api("GET", "reserve-signals/", EVERYONE, LOOKING_KEYS),
    api("GET", "charge-terms/", EVERYONE, LOOKING_KEYS),
    api("GET", "dynamic-limits/", EVERYONE, LOOKING_KEYS),
    api("GET", "event-streams/", EVERYONE, LOOKING_KEYS),
    api("GET", "stream-values/", EVERYONE, LOOKING_KEYS),
    api("GET", "battery-swaps/", EVERYONE, LOOKING_KEYS),
    api("GET", "held-tariffs/", EVERYONE, LOOKING_KEYS),
    api("GET", "web-payments/", EVERYONE, LOOKING_KEYS),
    api("GET", "charge-costs/", MANAGERS, BILLING_KEYS),
    api("GET", "settlements/", MANAGERS, BILLING_KEYS),
    api("GET", "vat-checks/", MANAGERS, BILLING_KEYS),
    api("GET", "evses/", EVERYONE, LOOKING_KEYS),
    api("GET", "evses/<int:pk>/", EVERYONE, LOOKING_KEYS),
    api("GET", "connectors/", EVERYONE, LOOKING_KEYS),
    api("GET", "connectors/<int:pk>/", EVERYONE, LOOKING_KEYS),
    api("POST", "chargers/<str:identity>/logs/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "uploads/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "uploads/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "uploads/<int:pk>/file/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "firmware-images/", ENGINEERS, ENGINEERING_KEYS, shows_all_depots=True),
    api("POST", "firmware-images/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "firmware-images/<int:pk>/", ENGINEERS, ENGINEERING_KEYS, shows_all_depots=True),
    api("GET", "firmware-campaigns/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "firmware-campaigns/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "firmware-campaigns/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "firmware-campaigns/<int:pk>/stop/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "firmware-campaigns/<int:pk>/resume/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "commands/", EVERYONE, LOOKING_KEYS),
    api("GET", "commands/<int:pk>/", EVERYONE, LOOKING_KEYS),
    api("POST", "commands/<int:pk>/cancel/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "sessions/", EVERYONE, ALL_KEYS),
    api("POST", "sessions/start/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "sessions/<int:pk>/", EVERYONE, ALL_KEYS),
    api("POST", "sessions/<int:pk>/stop/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "sessions/<int:pk>/vehicle/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "sessions/<int:pk>/readings/", EVERYONE, LOOKING_KEYS),
    api("GET", "id-tokens/", DISPATCHERS, CARD_KEYS),
    api("POST", "id-tokens/", MANAGERS, ADMIN_KEYS),
    api("POST", "id-tokens/<int:pk>/credit/", MANAGERS, ADMIN_KEYS),
    api("GET", "token-groups/", DISPATCHERS, CARD_KEYS, shows_all_depots=True),
    api("POST", "token-groups/", MANAGERS, ADMIN_KEYS, shows_all_depots=True),
    api("GET", "token-groups/<int:pk>/", DISPATCHERS, CARD_KEYS, shows_all_depots=True),
    api("PATCH", "token-groups/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("DELETE", "token-groups/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("GET", "reservations/", EVERYONE, LOOKING_KEYS),
    api("POST", "reservations/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "reservations/<int:pk>/", EVERYONE, LOOKING_KEYS),
    api("DELETE", "reservations/<int:pk>/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "id-tokens/<int:pk>/", DISPATCHERS, CARD_KEYS),
    api("PATCH", "id-tokens/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("DELETE", "id-tokens/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("GET", "vehicles/", EVERYONE, ALL_KEYS),
    api("POST", "vehicles/", MANAGERS, ADMIN_KEYS),
    api("GET", "vehicles/<int:pk>/", EVERYONE, ALL_KEYS),
    api("PATCH", "vehicles/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("DELETE", "vehicles/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("GET", "depots/", EVERYONE, ALL_KEYS),
    api("POST", "depots/", ADMINS, ADMIN_KEYS),
    api("GET", "depots/<int:pk>/", EVERYONE, ALL_KEYS),
    api("PATCH", "depots/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("DELETE", "depots/<int:pk>/", ADMINS, ADMIN_KEYS),
    api("GET", "bays/", EVERYONE, ALL_KEYS),
    api("POST", "bays/", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
    api("GET", "bays/<int:pk>/", EVERYONE, ALL_KEYS),
    api("PATCH", "bays/<int:pk>/", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
    api("DELETE", "bays/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("GET", "chargers/<str:identity>/security/", ENGINEERS, ENGINEERING_KEYS),
    api("PUT", "chargers/<str:identity>/security/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/security/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "certificates/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "certificates/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "certificates/<int:pk>/revoke/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "authorities/", ENGINEERS, ENGINEERING_KEYS, shows_all_depots=True),
    api("GET", "authorities/<int:pk>/", ENGINEERS, ENGINEERING_KEYS, shows_all_depots=True),
    api("GET", "chargers/<str:identity>/drift/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "chargers/<str:identity>/drift/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "offline-rules/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "offline-rules/", MANAGERS, ADMIN_KEYS),
    api("GET", "offline-rules/<int:pk>/", DISPATCHERS, OPERATING_KEYS),
    api("DELETE", "offline-rules/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("GET", "local-lists/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "local-lists/<int:pk>/", DISPATCHERS, OPERATING_KEYS),
    api("POST", "local-lists/<int:pk>/try-again/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "setting-templates/", ENGINEERS, ENGINEERING_KEYS),
    api("POST", "setting-templates/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "setting-templates/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("PATCH", "setting-templates/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("DELETE", "setting-templates/<int:pk>/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "oddities/", ENGINEERS, ENGINEERING_KEYS),
    api("GET", "tariffs/", EVERYONE, ALL_KEYS, shows_all_depots=True),
    api("POST", "tariffs/", MANAGERS, ADMIN_KEYS),
    api("GET", "tariffs/<int:pk>/", EVERYONE, ALL_KEYS, shows_all_depots=True),
    api("PATCH", "tariffs/<int:pk>/", MANAGERS, ADMIN_KEYS),
    api("DELETE", "tariffs/<int:pk>/", MANAGERS, ADMIN_KEYS),
]

BILLING = [
    api("GET", "transactions/", MANAGERS, BILLING_KEYS),
    api("GET", "transactions/<int:seq>/", MANAGERS, BILLING_KEYS),
    api("GET", "transactions/control-totals/", MANAGERS, BILLING_KEYS),
]

BOARD = [
    page("GET", "", EVERYONE),
    page("GET", "board/<str:key>/", EVERYONE),
    page("GET", "sessions/", EVERYONE),
    page("GET", "sessions.csv", EVERYONE),
    page("GET", "sessions/<int:session_id>/", EVERYONE),
    page("GET", "sessions/<int:session_id>/readings.csv", EVERYONE),
    page("POST", "sessions/stop/", DISPATCHERS),
    page("POST", "sessions/<int:session_id>/stop/", DISPATCHERS),
    page("POST", "sessions/<int:session_id>/vehicle/", DISPATCHERS),
    page("GET", "reservations/", EVERYONE),
    page("GET", "evses/<int:evse_id>/reserve/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/reserve/", DISPATCHERS),
    page("POST", "reservations/<int:reservation_id>/release/", DISPATCHERS),
    page("GET", "evses/<int:evse_id>/start/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/start/", DISPATCHERS),
    page("GET", "evses/<int:evse_id>/charge-now/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/charge-now/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/as-planned/", DISPATCHERS),
    page("GET", "evses/<int:evse_id>/limit/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/limit/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/lift/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/unlock/", DISPATCHERS),
    page("POST", "evses/<int:evse_id>/bring-back/", ENGINEERS),
    page("POST", "reset/<int:charger_id>/", ENGINEERS),
    page("GET", "emergency/", DISPATCHERS),
    page("POST", "emergency/call/", DISPATCHERS),
    page("POST", "emergency/release/", DISPATCHERS),
    page("POST", "choose-depot/", EVERYONE),
    open_page("POST", "theme/"),
]

YARD = [
    page("GET", "chargers/", EVERYONE),
    page("GET", "chargers/add/", ENGINEERS),
    page("POST", "chargers/add/", ENGINEERS),
    page("GET", "waiting-room/", ENGINEERS),
    page("GET", "waiting-room/handshakes/", ENGINEERS),
    page("GET", "waiting-room/<int:waiting_id>/adopt/", ENGINEERS),
    page("POST", "waiting-room/<int:waiting_id>/adopt/", ENGINEERS),
    page("POST", "waiting-room/<int:waiting_id>/forget/", ENGINEERS),
    page("POST", "waiting-room/<int:refused_id>/let-wait/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/", EVERYONE),
    page("GET", "chargers/<int:charger_id>/edit/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/edit/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/automation/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/energy-management/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/delete/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/delete/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/refuse/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/connect/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/connect/tries/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/connect/new-password/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/messages/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/messages/<int:call_id>/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/messages.jsonl", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/commands/", EVERYONE),
    page("GET", "chargers/<int:charger_id>/commands/<int:command_id>/", EVERYONE),
    page("POST", "chargers/<int:charger_id>/ask/reset/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/ask/unlock/", DISPATCHERS),
    page("POST", "chargers/<int:charger_id>/ask/availability/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/ask/trigger/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/ask/clear-cache/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/ask/call/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/power/", EVERYONE),
    page("POST", "chargers/<int:charger_id>/clear-profiles/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/prove-restart/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/monitoring/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/display/", ENGINEERS),
    *(
        page(method, f"chargers/<int:charger_id>/ask/{name}/", ENGINEERS)
        for method in ("GET", "POST")
        for name in ENGINEERS_FORMS
    ),
    *(
        page(method, f"chargers/<int:charger_id>/ask/{name}/", DISPATCHERS)
        for method in ("GET", "POST")
        for name in ("composite-schedule", "transaction")
    ),
    page("GET", "chargers/<int:charger_id>/call/<str:action>/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/call/<str:action>/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/onsite/", EVERYONE),
    page("POST", "chargers/<int:charger_id>/onsite/ask/", DISPATCHERS),
    page("GET", "chargers/<int:charger_id>/configuration/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/configuration/read/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/configuration/set/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/logs/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/logs/ask/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/logs/<int:upload_id>/file/", ENGINEERS),
    page("GET", "firmware/", ENGINEERS, shows_all_depots=True),
    page("GET", "firmware/add/", ENGINEERS),
    page("POST", "firmware/add/", ENGINEERS),
    page("GET", "firmware/campaigns/add/", ENGINEERS),
    page("POST", "firmware/campaigns/add/", ENGINEERS),
    page("GET", "firmware/campaigns/<int:campaign_id>/", ENGINEERS),
    page("POST", "firmware/campaigns/<int:campaign_id>/stop/", ENGINEERS),
    page("POST", "firmware/campaigns/<int:campaign_id>/resume/", ENGINEERS),
    replace(open_page("GET", "firmware-files/<str:key>/<str:name>"), shows_all_depots=True),
    page("GET", "vehicles/", EVERYONE),
    page("GET", "vehicles/add/", MANAGERS),
    page("POST", "vehicles/add/", MANAGERS),
    page("GET", "vehicles/<int:vehicle_id>/", EVERYONE),
    page("GET", "vehicles/<int:vehicle_id>/edit/", MANAGERS),
    page("POST", "vehicles/<int:vehicle_id>/edit/", MANAGERS),
    page("POST", "vehicles/<int:vehicle_id>/token/", MANAGERS),
    page("GET", "tokens/", DISPATCHERS),
    page("GET", "tokens/add/", MANAGERS),
    page("POST", "tokens/add/", MANAGERS),
    page("GET", "tokens/<int:token_id>/", MANAGERS),
    page("POST", "tokens/<int:token_id>/", MANAGERS),
    page("POST", "tokens/<int:token_id>/block/", MANAGERS),
    page("POST", "tokens/<int:token_id>/unblock/", MANAGERS),
    page("GET", "tokens/<int:token_id>/credit/", DISPATCHERS),
    page("POST", "tokens/<int:token_id>/credit/", MANAGERS),
    page("POST", "tokens/<int:token_id>/credit/end/", MANAGERS),
    page("GET", "token-groups/", DISPATCHERS, shows_all_depots=True),
    page("GET", "token-groups/add/", MANAGERS),
    page("POST", "token-groups/add/", MANAGERS),
    page("GET", "token-groups/<int:group_id>/", MANAGERS),
    page("POST", "token-groups/<int:group_id>/", MANAGERS),
    page("POST", "token-groups/<int:group_id>/delete/", MANAGERS),
    page("GET", "offline/", DISPATCHERS),
    page("GET", "offline/rules/add/", MANAGERS),
    page("POST", "offline/rules/add/", MANAGERS),
    page("POST", "offline/rules/<int:rule_id>/delete/", MANAGERS),
    page("POST", "offline/lists/<int:list_id>/try-again/", ENGINEERS),
    page("POST", "offline/lists/<int:list_id>/put-back/", ENGINEERS),
    page("GET", "setting-templates/", ENGINEERS),
    page("GET", "setting-templates/add/", ENGINEERS),
    page("POST", "setting-templates/add/", ENGINEERS),
    page("GET", "setting-templates/<int:template_id>/", ENGINEERS),
    page("POST", "setting-templates/<int:template_id>/", ENGINEERS),
    page("POST", "setting-templates/<int:template_id>/delete/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/configuration/fix/", ENGINEERS),
    page("GET", "oddities/", ENGINEERS),
    page("GET", "certificates/", ENGINEERS),
    page("POST", "certificates/make/", ENGINEERS, shows_all_depots=True),
    page("POST", "certificates/accept/", ENGINEERS, shows_all_depots=True),
    page("GET", "certificates/authorities/<int:authority_id>/root.pem", ENGINEERS, shows_all_depots=True),
    page("POST", "certificates/authorities/<int:authority_id>/retire/", ENGINEERS),
    page("POST", "certificates/signed/<int:signed_id>/revoke/", ENGINEERS),
    page("GET", "chargers/<int:charger_id>/security/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/require/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/upgrade/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/renew/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/owner/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/read/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/install/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/security/held/<int:held_id>/delete/", ENGINEERS),
    page("POST", "chargers/<int:charger_id>/via-cloud/", ENGINEERS),
    Row("GET", "ocpp/<path:rest>", EVERYONE, ALL_KEYS, Nobody.LET_IN, shows_all_depots=True),
    page("GET", "bays/", EVERYONE),
    page("GET", "bays/add/", MANAGERS_AND_ENGINEERS),
    page("POST", "bays/add/", MANAGERS_AND_ENGINEERS),
    page("GET", "bays/<int:bay_id>/edit/", MANAGERS_AND_ENGINEERS),
    page("POST", "bays/<int:bay_id>/edit/", MANAGERS_AND_ENGINEERS),
    page("POST", "bays/<int:bay_id>/delete/", MANAGERS),
    page("GET", "depots/", MANAGERS),
    page("GET", "depots/add/", ADMINS),
    page("POST", "depots/add/", ADMINS),
    page("GET", "depots/<int:depot_id>/", MANAGERS),
    page("POST", "depots/<int:depot_id>/", MANAGERS),
    page("GET", "tariffs/", EVERYONE),
    page("GET", "tariffs/add/", MANAGERS),
    page("POST", "tariffs/add/", MANAGERS),
    page("GET", "tariffs/<int:tariff_id>/", EVERYONE, shows_all_depots=True),
    page("GET", "tariffs/<int:tariff_id>/change/", MANAGERS),
    page("POST", "tariffs/<int:tariff_id>/change/", MANAGERS),
    *(
        page(method, f"import/{kind}/{rest}", roles)
        for kind, roles in (
            ("chargers", ENGINEERS),
            ("bays", MANAGERS_AND_ENGINEERS),
            ("vehicles", MANAGERS),
            ("tokens", MANAGERS),
        )
        for method, rest in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "<int:batch_id>/"),
            ("POST", "<int:batch_id>/"),
            ("POST", "<int:batch_id>/run/"),
            ("POST", "<int:batch_id>/undo/"),
        )
    ),
]

ENERGY = [
    *(
        page("GET", route, EVERYONE)
        for route in (
            "energy/",
            "energy.csv",
            "energy/bays.csv",
            "energy/rules/",
            "energy/past/",
            "energy/what-if/",
            "energy/caps/",
            "energy/sun/",
            "readiness/",
            "readiness/<slug:who>/",
            "readiness/<slug:who>/fixes/",
            "timetable/",
            "notices/",
            "timetable/<int:vehicle_id>/",
        )
    ),
    *(
        page("POST", route, DISPATCHERS)
        for route in (
            "energy/plan-again/",
            "energy/caps/",
            "energy/caps/<int:cap_id>/lift/",
            "readiness/<slug:who>/need/",
            "readiness/<slug:who>/take-back/",
            "readiness/<slug:who>/now/",
            "readiness/<slug:who>/as-planned/",
            "readiness/<slug:who>/limit/",
            "readiness/<slug:who>/lift/",
            "readiness/<slug:who>/apply/",
        )
    ),
    *(
        page("POST", route, MANAGERS)
        for route in (
            "energy/rules/",
            "energy/rules/<int:change_id>/undo/",
            "energy/past/work-out/",
            "energy/sun/",
            "timetable/paste/",
            "timetable/<int:vehicle_id>/",
        )
    ),
    *(page("GET", f"wiring/{rest}", EVERYONE) for rest in ("", "meters/", "tariffs/")),
    *(
        page(method, f"wiring/{rest}", MANAGERS_AND_ENGINEERS)
        for method in ("GET", "POST")
        for rest in (
            "circuits/add/",
            "circuits/<int:circuit_id>/",
            "evses/<int:evse_id>/",
            "meters/add/",
            "meters/<int:meter_id>/",
            "settings/",
        )
    ),
    *(
        page("POST", f"wiring/{rest}", MANAGERS_AND_ENGINEERS)
        for rest in (
            "circuits/<int:circuit_id>/delete/",
            "evses/<int:evse_id>/remove/",
            "meters/<int:meter_id>/delete/",
        )
    ),
    *(
        page(method, f"wiring/tariffs/{rest}", MANAGERS)
        for method in ("GET", "POST")
        for rest in ("add/", "<int:site_tariff_id>/")
    ),
    page("POST", "wiring/tariffs/<int:site_tariff_id>/delete/", MANAGERS),
    *(
        api(method, f"{what}/{rest}", EVERYONE if method == "GET" else roles, LOOKING_KEYS if method == "GET" else keys)
        for what, roles, keys in (
            ("circuits", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
            ("wirings", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
            ("energy-settings", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
            ("meters", MANAGERS_AND_ENGINEERS, ENGINEERING_KEYS),
            ("site-tariffs", MANAGERS, ADMIN_KEYS),
            ("timetables", MANAGERS, ADMIN_KEYS),
            ("habits", MANAGERS, ADMIN_KEYS),
            ("rules", MANAGERS, ADMIN_KEYS),
        )
        for method, rest in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "<int:pk>/"),
            ("PATCH", "<int:pk>/"),
            ("DELETE", "<int:pk>/"),
        )
    ),
    *(
        api(method, f"{what}/{rest}", *((EVERYONE, LOOKING_KEYS) if method == "GET" else (DISPATCHERS, OPERATING_KEYS)))
        for what in ("needs", "manual-limits", "grid-caps")
        for method, rest in (("GET", ""), ("POST", ""), ("GET", "<int:pk>/"), ("DELETE", "<int:pk>/"))
    ),
    api("POST", "needs/bulk/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "meters/<int:pk>/samples/", EVERYONE, LOOKING_KEYS),
    api("POST", "meters/<int:pk>/samples/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "site-intervals/", EVERYONE, LOOKING_KEYS),
    api("GET", "month-peaks/", EVERYONE, LOOKING_KEYS),
    api("POST", "rules/<int:pk>/activate/", MANAGERS, ADMIN_KEYS),
    api("POST", "rules/<int:pk>/take-back/", MANAGERS, ADMIN_KEYS),
    api("POST", "sessions/<int:pk>/charge-now/", DISPATCHERS, OPERATING_KEYS),
    api("DELETE", "sessions/<int:pk>/charge-now/", DISPATCHERS, OPERATING_KEYS),
    api("GET", "energy-plans/", EVERYONE, LOOKING_KEYS),
    api("GET", "energy-plans/<int:pk>/", EVERYONE, LOOKING_KEYS),
]

DEMO = [
    page("GET", "demo/", MANAGERS_AND_ENGINEERS),
    page("POST", "demo/", MANAGERS_AND_ENGINEERS),
    page("POST", "demo/clock/", MANAGERS_AND_ENGINEERS),
]

ROWS = ACCESS + API + BILLING + BOARD + YARD + ENERGY + DEMO

# Answers every other address under /api/, in every method and to everybody, with "404 Not found".
NO_ROUTE = {"api/^.*$"}
