"""Energy: plans, readiness, timetables, wiring and site tariffs; their pages and their API."""

from tests.access.routes.row import (
    ADMIN_KEYS,
    DISPATCHERS,
    ENGINEERING_KEYS,
    EVERYONE,
    LOOKING_KEYS,
    MANAGERS,
    MANAGERS_AND_ENGINEERS,
    OPERATING_KEYS,
    api,
    page,
)

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
