from django.urls import path

from depot.uploads import views

urlpatterns = [
    path("chargers/<int:charger_id>/logs/", views.logs, name="charger-logs"),
    path("chargers/<int:charger_id>/logs/ask/", views.ask, name="charger-ask-log"),
    path("chargers/<int:charger_id>/logs/<int:upload_id>/file/", views.file, name="charger-log-file"),
]
