"""Rules of the yard that chargers are kept to."""

from django.db import models

from depot.models import Depot


class OfflineRule(models.Model):
    """Whose tokens the chargers of one depot accept while they are cut off from us."""

    depot = models.ForeignKey(Depot, models.CASCADE, related_name="offline_rules", help_text="Whose chargers")
    tokens_of = models.ForeignKey(
        Depot, models.CASCADE, null=True, blank=True, related_name="+", help_text="Blank: of all depots"
    )
    group = models.CharField(max_length=36, blank=True, help_text="Blank: of all groups")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["depot", "tokens_of", "group"], name="one_offline_rule_of_a_kind"),
            # To a database no depot is never the same as no depot.
            models.UniqueConstraint(
                fields=["depot", "group"], condition=models.Q(tokens_of=None), name="one_offline_rule_of_all_depots"
            ),
        ]
        ordering = ["depot_id", "pk"]

    def __str__(self) -> str:
        whose = f"Cards of {self.tokens_of}" if self.tokens_of else "All cards"
        group = f" in group {self.group}" if self.group else ""
        return f"{whose}{group} may charge at {self.depot} offline"
