"""What others should hear of, written in the fact's own transaction; mail, webhooks and alerts read it by cursor."""

from django.db import models

from depot.models import Depot


class Notice(models.Model):
    at = models.DateTimeField()
    depot = models.ForeignKey(Depot, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120)
    text = models.CharField(max_length=400)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.text
