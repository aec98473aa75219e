from django.urls import path

from depot.board import views

urlpatterns = [
    path("theme/", views.choose_theme, name="theme"),
    path("choose-depot/", views.choose_depot, name="choose-depot"),
]
