from django.urls import path

from depot.board import acts, at_once, emergency_pages, limits, pages, session_pages, views

urlpatterns = [
    path("", pages.board, name="board"),
    path("board/<str:key>/", pages.bay, name="bay"),
    path("sessions/", session_pages.sessions, name="sessions"),
    path("sessions.csv", session_pages.sessions_csv, name="sessions-csv"),
    path("sessions/stop/", acts.stop_sessions, name="sessions-stop"),
    path("sessions/<int:session_id>/", session_pages.session, name="session"),
    path("sessions/<int:session_id>/stop/", acts.stop_session, name="session-stop"),
    path("sessions/<int:session_id>/vehicle/", session_pages.name, name="session-vehicle"),
    path("sessions/<int:session_id>/readings.csv", session_pages.readings_csv, name="session-readings"),
    path("evses/<int:evse_id>/start/", acts.start_evse, name="evse-start"),
    path("evses/<int:evse_id>/charge-now/", at_once.charge_now, name="evse-charge-now"),
    path("evses/<int:evse_id>/as-planned/", at_once.charge_as_planned, name="evse-as-planned"),
    path("evses/<int:evse_id>/limit/", limits.limit, name="evse-limit"),
    path("evses/<int:evse_id>/lift/", limits.lift, name="evse-lift"),
    path("evses/<int:evse_id>/unlock/", acts.unlock, name="evse-unlock"),
    path("evses/<int:evse_id>/bring-back/", acts.bring_back, name="evse-bring-back"),
    path("reset/<int:charger_id>/", acts.reset_charger, name="charger-reset"),
    path("emergency/", emergency_pages.page, name="emergency"),
    path("emergency/call/", emergency_pages.call, name="emergency-call"),
    path("emergency/release/", emergency_pages.release, name="emergency-release"),
    path("theme/", views.choose_theme, name="theme"),
    path("choose-depot/", views.choose_depot, name="choose-depot"),
]
