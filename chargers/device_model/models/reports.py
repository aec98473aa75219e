"""Reports that come in parts: which were promised, how far each is, and what is missing of it."""

from django.db import models

from chargers.models import Charger


class ReportState(models.TextChoices):
    PROMISED = "promised", "Promised, nothing has come yet"
    COMING = "coming", "Coming in parts"
    COMPLETE = "complete", "Complete"
    EMPTY = "empty", "There was nothing to report"


class ReportTopic(models.TextChoices):
    """`chargers.events.ReportKind`, with the words for people."""

    SETTINGS = "settings", "Variables"
    MONITORS = "monitors", "Monitors"
    PROFILES = "profiles", "Charging profiles"
    MESSAGES = "messages", "Messages on the display"
    CUSTOMER = "customer", "A customer"


class Report(models.Model):
    """One report, by the number under which it was asked for. Kept 90 days."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=ReportTopic)
    request_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.PROMISED)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    is_everything = models.BooleanField(default=False, help_text="What it does not tell of is not there")
    scope = models.JSONField(default=dict, blank=True, help_text="Which profiles were asked for")
    last_sequence = models.PositiveIntegerField(null=True, blank=True, help_text="Of its last part, once that has come")
    parts = models.JSONField(default=dict, blank=True, help_text="Number of each part that has come: its digest")
    rows = models.JSONField(default=list, blank=True, help_text="Keys of the rows that it told of, once complete")
    items = models.PositiveIntegerField(default=0, help_text="How much it told of, once complete")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["charger", "kind", "request_id"], name="one_report_per_number"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id} of {self.charger}"

    @property
    def is_over(self) -> bool:
        return self.state in (ReportState.COMPLETE, ReportState.EMPTY)

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that have not come, as far as that can be told."""
        come = {int(number) for number in self.parts}
        until = self.last_sequence if self.last_sequence is not None else max(come, default=-1)
        return sorted(set(range(until + 1)) - come)


class PendingPart(models.Model):
    """A part that waits for the others; gone once they are put together."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="pending")
    sequence = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "sequence"], name="one_part_per_number")]
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"part {self.sequence} of {self.report}"


class CustomerFile(models.Model):
    """What a charger says that it knows of a customer (N09). Personal: kept 30 days, and for few eyes."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="customer_files")
    request_id = models.BigIntegerField()
    about = models.CharField(max_length=255, blank=True, help_text="The token or name that was asked for")
    text = models.TextField(blank=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "request_id"], name="one_file_per_request")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.about or 'a customer'} at {self.charger}"
