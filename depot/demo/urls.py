from django.urls import path

from depot.demo import views

urlpatterns = [
    path("demo/", views.faults, name="demo"),
    path("demo/clock/", views.clock, name="demo-clock"),
]
