"""What was pasted, what came of it, and what undoing it needs."""

from datetime import timedelta

from django.conf import settings
from django.db import models

from depot.models import Depot

UNDO_WITHIN = timedelta(hours=24)


class ImportKind(models.TextChoices):
    CHARGERS = "chargers", "Chargers"
    BAYS = "bays", "Bays"
    VEHICLES = "vehicles", "Vehicles"
    TOKENS = "tokens", "Tokens"


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", "Looked at, not imported"
    DONE = "done", "Imported"
    UNDONE = "undone", "Taken back"


class ImportBatch(models.Model):
    """One paste. The text is kept so that the preview can be looked at again, and goes with the batch after 30 days."""

    kind = models.CharField(max_length=10, choices=ImportKind)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.PREVIEWED)
    text = models.TextField()
    columns = models.JSONField(default=list, help_text="For each pasted column the name of ours, or empty")
    depot = models.ForeignKey(
        Depot, models.CASCADE, null=True, blank=True, related_name="+", help_text="Of rows that name none"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    # [{"pk": 7, "name": "A07", "made": true} or {"pk": 7, "name": "A07", "old": {...}, "new": {...}}, ...]
    record = models.JSONField(default=list, help_text="What was made and changed, so that it can be taken back")
    counts = models.JSONField(default=dict, help_text="Verdict -> rows")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-created_at"], name="imports_newest_first")]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"
