"""What the utility charges the site."""

from django.db import models

from depot.models import Depot


class SiteTariff(models.Model):
    """The utility's tariff in one version; the one whose day came last holds. A change is a new row."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="site_tariffs")
    name = models.CharField(max_length=80)
    valid_from = models.DateField(help_text="From the start of this day, in the depot's zone")
    terms = models.JSONField(help_text="As `depot.energy.tariff` reads them")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "valid_from"], name="one_site_tariff_per_day_it_begins")
        ]
        ordering = ["depot_id", "-valid_from"]

    def __str__(self) -> str:
        return f"{self.name} from {self.valid_from}"
