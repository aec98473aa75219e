from django.urls import path

from depot.notices import pages

urlpatterns = [path("notices/", pages.notices, name="notices")]
