from django.urls import path

from depot.energy.solar import pages

urlpatterns = [path("energy/sun/", pages.sun, name="energy-sun")]
