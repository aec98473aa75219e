from django.urls import path

from depot.energy.pages import energy, past_pages, readiness_pages, rule_pages, timetable_pages, what_if

urlpatterns = [
    path("energy/", energy.energy, name="energy"),
    path("energy.csv", energy.energy_csv, name="energy-csv"),
    path("energy/bays.csv", energy.bays_csv, name="energy-bays-csv"),
    path("energy/plan-again/", energy.plan_again, name="energy-plan-again"),
    path("energy/rules/", rule_pages.rules, name="energy-rules"),
    path("energy/rules/<int:change_id>/undo/", rule_pages.undo_rules, name="energy-rules-undo"),
    path("energy/what-if/", what_if.what_if, name="energy-what-if"),
    path("energy/past/", past_pages.past, name="energy-past"),
    path("energy/past/work-out/", past_pages.work_out, name="energy-past-work-out"),
    path("timetable/", timetable_pages.timetable, name="timetable"),
    path("timetable/paste/", timetable_pages.paste_timetable, name="timetable-paste"),
    path("timetable/<int:vehicle_id>/", timetable_pages.vehicle_timetable, name="vehicle-timetable"),
    path("readiness/", readiness_pages.readiness, name="readiness"),
    path("readiness/<slug:who>/", readiness_pages.departure, name="departure"),
    path("readiness/<slug:who>/need/", readiness_pages.tell, name="departure-need"),
    path("readiness/<slug:who>/take-back/", readiness_pages.take_back, name="departure-take-back"),
    path("readiness/<slug:who>/now/", readiness_pages.charge_now, name="departure-now"),
    path("readiness/<slug:who>/as-planned/", readiness_pages.charge_as_planned, name="departure-as-planned"),
    path("readiness/<slug:who>/limit/", readiness_pages.limit, name="departure-limit"),
    path("readiness/<slug:who>/lift/", readiness_pages.lift, name="departure-lift"),
    path("readiness/<slug:who>/fixes/", readiness_pages.fixes, name="departure-fixes"),
    path("readiness/<slug:who>/apply/", readiness_pages.apply_fix, name="departure-apply"),
]
