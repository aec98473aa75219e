"""What the planner needs to know of a depot."""

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from depot.models import Depot


class EnergySettings(models.Model):
    depot = models.OneToOneField(Depot, models.CASCADE, related_name="energy_settings")
    default_departure = models.TimeField(default=time(6, 0), help_text="Of vehicles of which no departure is known")
    billing_day = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(28)], help_text="On which the meter is read"
    )
    margin_percent = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(50.0)],
        help_text="Of the site's limit, kept free for what no forecast tells",
    )
    may_export = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"Energy of {self.depot}"
