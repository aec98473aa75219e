from django.urls import path

from depot.firmware import views

urlpatterns = [
    path("firmware/", views.firmware, name="firmware"),
    path("firmware/add/", views.add, name="firmware-add"),
    path("firmware/campaigns/add/", views.plan, name="firmware-plan"),
    path("firmware/campaigns/<int:campaign_id>/", views.campaign, name="firmware-campaign"),
    path("firmware/campaigns/<int:campaign_id>/stop/", views.stop, name="firmware-stop"),
    path("firmware/campaigns/<int:campaign_id>/resume/", views.resume, name="firmware-resume"),
    path("firmware-files/<str:key>/<str:name>", views.file, name="firmware-file"),
]
