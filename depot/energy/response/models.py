"""What a cap of the grid changes by the plan, and what the meters say of it afterwards."""

from django.db import models

from depot.energy.models import GridCap


class CapEffect(models.Model):
    """Foreseen before the window begins, measured after it has ended. Kept with its cap."""

    cap = models.OneToOneField(GridCap, models.CASCADE, related_name="effect")
    foreseen_at = models.DateTimeField(null=True, blank=True)
    without_kw = models.FloatField(null=True, blank=True, help_text="The most from the grid in the window, without it")
    with_kw = models.FloatField(null=True, blank=True, help_text="The most from the grid in the window, as planned")
    gave_way = models.JSONField(default=list, help_text="[{name, without_kwh, with_kwh}]: less in the window")
    will_miss = models.JSONField(default=list, help_text="[{name, unmet_kwh}]: because of it")
    measured_at = models.DateTimeField(null=True, blank=True)
    highest_kw = models.FloatField(null=True, blank=True, help_text="The highest average of a quarter of an hour")
    highest_moment_kw = models.FloatField(null=True, blank=True, help_text="The highest single sample")
    is_metered = models.BooleanField(default=False, help_text="By the meter at the grid; else a sum of the others")

    def __str__(self) -> str:
        return f"Effect of {self.cap}"

    @property
    def over_kw(self) -> float | None:
        """By how much it was not kept; 0 where it was."""
        return None if self.highest_kw is None else max(0.0, self.highest_kw - self.cap.limit_w / 1000)
