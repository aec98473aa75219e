"""The charger, its EVSEs and connectors, what it can do and what it has set."""

from django.db import models
from django.db.models.functions import Lower

from chargers.choices import ConnectorStatus, Protocol, Standing, Trust


class Charger(models.Model):
    identity = models.CharField(max_length=48, help_text="Last part of the address it connects to; spelling is kept")
    name = models.CharField(max_length=60, blank=True)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.WAITING)
    trust = models.CharField(max_length=10, choices=Trust, default=Trust.PASSWORD)
    password_hmac = models.CharField(max_length=64, blank=True, help_text="HMAC-SHA-256 under CREDENTIAL_KEY")
    next_password_hmac = models.CharField(max_length=64, blank=True, help_text="Sent to it, not yet used by it")
    unused_password_hmacs = models.JSONField(
        default=list, blank=True, help_text="Sent before the next one, oldest first; each still lets it in"
    )
    pinned_protocol = models.CharField(max_length=10, choices=Protocol, blank=True)
    protocol = models.CharField(max_length=10, choices=Protocol, blank=True, help_text="Of the newest connection")

    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=60, blank=True)
    iccid = models.CharField(max_length=50, blank=True)
    imsi = models.CharField(max_length=50, blank=True)
    meter_type = models.CharField(max_length=50, blank=True)
    meter_serial = models.CharField(max_length=50, blank=True)
    boot_reason = models.CharField(max_length=40, blank=True)
    booted_at = models.DateTimeField(null=True, blank=True)

    automation_on = models.BooleanField(default=True, help_text="May we send anything unasked when it connects?")
    energy_management_on = models.BooleanField(default=True)
    heartbeat_interval_s = models.PositiveIntegerField(null=True, blank=True)
    clock_offset_s = models.FloatField(null=True, blank=True, help_text="Its clock minus ours, at the last message")
    created_at = models.DateTimeField()
    password_offered = models.BooleanField(default=False, help_text="A password came with the last waiting handshake")

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("identity"), name="one_charger_per_identity_whatever_its_case"),
        ]
        indexes = [models.Index(fields=["standing"])]
        ordering = ["identity"]

    def __str__(self) -> str:
        return self.name or self.identity


class Evse(models.Model):
    """One place where one vehicle charges. In 1.6 connector n is EVSE n."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="evses")
    number = models.PositiveSmallIntegerField()
    max_w = models.PositiveIntegerField(null=True, blank=True)
    phases = models.PositiveSmallIntegerField(null=True, blank=True)
    is_dc = models.BooleanField(default=False)
    exclusion_group = models.CharField(max_length=20, blank=True, help_text="EVSEs of one group never charge together")
    power_w = models.IntegerField(null=True, blank=True)
    power_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "number"], name="one_evse_per_number")]
        ordering = ["charger_id", "number"]

    def __str__(self) -> str:
        return f"{self.charger} EVSE {self.number}"


class Connector(models.Model):
    """One cable of an EVSE, and what the charger last said of it."""

    evse = models.ForeignKey(Evse, models.CASCADE, related_name="connectors")
    number = models.PositiveSmallIntegerField(default=1)
    type = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=16, choices=ConnectorStatus, default=ConnectorStatus.UNKNOWN)
    raw_status = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    vendor_error_code = models.CharField(max_length=50, blank=True)
    info = models.CharField(max_length=100, blank=True)
    status_at = models.DateTimeField(null=True, blank=True, help_text="The charger's time of it")
    heard_at = models.DateTimeField(null=True, blank=True, help_text="Ours; the newest heard is what holds")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["evse", "number"], name="one_connector_per_number")]
        ordering = ["evse_id", "number"]

    def __str__(self) -> str:
        return f"{self.evse} connector {self.number}"


class Capability(models.Model):
    """Something this charger has shown it can or cannot do; outranks what its model's entry says."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="capabilities")
    name = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    evidence = models.CharField(max_length=300)
    firmware = models.CharField(max_length=60, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "name"], name="one_value_per_capability")]
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class SettingValue(models.Model):
    """A configuration key (1.6) or an attribute of a variable (2.x), as last reported."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="settings")
    component = models.CharField(max_length=50, blank=True)
    component_instance = models.CharField(max_length=50, blank=True)
    evse_number = models.PositiveSmallIntegerField(default=0)
    connector_number = models.PositiveSmallIntegerField(default=0)
    variable = models.CharField(max_length=50)
    variable_instance = models.CharField(max_length=50, blank=True)
    attribute = models.CharField(max_length=10, default="Actual")
    value = models.TextField(null=True)
    is_read_only = models.BooleanField(default=False)
    mutability = models.CharField(max_length=10, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    data_type = models.CharField(max_length=20, blank=True)
    min_limit = models.CharField(max_length=30, blank=True)
    max_limit = models.CharField(max_length=30, blank=True)
    values_list = models.TextField(blank=True)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "charger",
                    "component",
                    "component_instance",
                    "evse_number",
                    "connector_number",
                    "variable",
                    "variable_instance",
                    "attribute",
                ],
                name="one_value_per_setting",
            )
        ]
        ordering = ["component", "component_instance", "evse_number", "connector_number", "variable"]

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}" if self.component else self.variable
