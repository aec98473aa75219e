"""A vehicle charging, its meter curve, and who may charge: tokens and vehicles."""

from django.conf import settings
from django.db import models

from chargers.models import Charger, Connector, Evse


class TokenStanding(models.TextChoices):
    ACTIVE = "active", "May charge"
    BLOCKED = "blocked", "Blocked"


class VehicleSource(models.TextChoices):
    """How we know which vehicle it is."""

    UNKNOWN = "", "Not known"
    TOKEN = "token", "Its card"
    DISPATCHER = "dispatcher", "Said by a dispatcher"
    REMOTE_START = "remote_start", "Started for it"
    AUTOSTART = "autostart", "The bay's own vehicle"


class ClosedBy(models.TextChoices):
    OPEN = "", "Still open"
    CHARGER = "charger", "The charger's stop"
    EVIDENCE = "evidence", "Evidence: the charger forgot"


class EnergyState(models.TextChoices):
    """What energy does in an open session."""

    UNKNOWN = "", "Not told"
    EV_CONNECTED = "ev_connected", "Plugged in"
    CHARGING = "charging", "Charging"
    SUSPENDED_EV = "suspended_ev", "Vehicle draws nothing"
    SUSPENDED_EVSE = "suspended_evse", "Held by the charger"
    IDLE = "idle", "Idle"


class Vehicle(models.Model):
    unit_number = models.CharField(max_length=40, unique=True)
    # The roof's number of the depot it belongs to; a number, for this floor knows no depots.
    depot_key = models.BigIntegerField(null=True, blank=True, db_index=True)
    vin = models.CharField(max_length=17, blank=True)
    cost_centre = models.CharField(max_length=40, blank=True)
    battery_kwh = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    max_ac_kw = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    max_dc_kw = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    target_soc_percent = models.PositiveSmallIntegerField(default=100)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["unit_number"]

    def __str__(self) -> str:
        return self.unit_number


class IdToken(models.Model):
    """Something a charger may be shown: a card, a phone, or a token of ours for a vehicle."""

    value = models.CharField(max_length=255, help_text="As issued")
    key = models.CharField(max_length=255, unique=True, help_text="chargers.events.token_key of it")
    type = models.CharField(max_length=20, blank=True, help_text="ISO14443, Central, eMAID, ...; blank: any")
    standing = models.CharField(max_length=8, choices=TokenStanding, default=TokenStanding.ACTIVE)
    valid_from = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    group = models.CharField(max_length=36, blank=True, help_text="Who shares it may stop for each other")
    is_master_pass = models.BooleanField(default=False, help_text="Stops any charge and starts none (2.x C16)")
    max_concurrent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Charges at a time; blank: any")
    # The roof's numbers of bays, as with the depot; none: every bay.
    bay_keys = models.JSONField(default=list, blank=True)
    prepaid_balance = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, help_text="Credit left; blank: not prepaid"
    )
    limit_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True, help_text="Of a charge")
    limit_wh = models.PositiveIntegerField(null=True, blank=True, help_text="Of a charge")
    limit_s = models.PositiveIntegerField(null=True, blank=True, help_text="Of a charge")
    limit_soc_percent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of a charge")
    charging_priority = models.SmallIntegerField(null=True, blank=True, help_text="-9 to 9, told to chargers of 2.x")
    language = models.CharField(max_length=8, blank=True, help_text="As de or en-GB, told to chargers of 2.x")
    vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="tokens")
    driver = models.CharField(max_length=80, blank=True)
    depot_key = models.BigIntegerField(null=True, blank=True, db_index=True, help_text="Blank: valid everywhere")
    is_ours = models.BooleanField(default=False, help_text="Made by us so that a dispatcher can start the vehicle")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=models.Q(is_ours=True), name="one_token_of_ours_per_vehicle"
            ),
            models.CheckConstraint(
                condition=models.Q(charging_priority=None) | models.Q(charging_priority__range=(-9, 9)),
                name="a_priority_is_from_minus_nine_to_nine",
            ),
        ]
        ordering = ["value"]

    def __str__(self) -> str:
        return self.value


class TokenGroup(models.Model):
    """What holds for all tokens whose `group` is this name."""

    name = models.CharField(max_length=36, unique=True)
    max_concurrent = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Charges at a time of all its cards together; blank: any"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CreditEntry(models.Model):
    """A prepaid token's credit rose or fell, and why. Rows are never changed."""

    token = models.ForeignKey(IdToken, models.CASCADE, related_name="credit_entries")
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=10, decimal_places=2, help_text="Above zero: credit; below: spent")
    balance = models.DecimalField(max_digits=10, decimal_places=2, help_text="After it")
    # The feed's number of the transaction that it pays, or pays back; a transaction is paid once.
    transaction_seq = models.BigIntegerField(null=True, blank=True, unique=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    is_end = models.BooleanField(default=False, help_text="The token is prepaid no longer")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.amount:+}"


class LimitKeeper(models.TextChoices):
    """Who ends a charge at its limit."""

    NOBODY = "", "Nobody: it has none"
    CHARGER = "charger", "The charger"
    US = "us", "We ask it to stop"


class LimitKind(models.TextChoices):
    """What a charge may have reached its limit in (2.1 E16)."""

    NONE = "", "None"
    COST = "cost", "Its cost limit"
    ENERGY = "energy", "Its energy limit"
    TIME = "time", "Its time limit"
    SOC = "soc", "Its charge limit"


class SessionQuerySet(models.QuerySet["Session"]):
    def running(self) -> "SessionQuerySet":
        return self.filter(ended_at=None)


class Session(models.Model):
    """One vehicle charging, from its start to its stop. `pk` is the transaction id of OCPP 1.6."""

    # Four bytes, for OCPP 1.6 knows no larger transaction id, and several chargers mishandle one (quirk 26).
    id = models.AutoField(primary_key=True)
    charger = models.ForeignKey(Charger, models.PROTECT, db_index=False, related_name="+")
    evse = models.ForeignKey(Evse, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    connector = models.ForeignKey(Connector, models.SET_NULL, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=36, blank=True, help_text="What the charger calls it; 1.6: our pk")
    start_key = models.CharField(max_length=64, help_text="What makes a start told twice the same start")

    # The place, handed down by the roof and kept as it was.
    depot_key = models.BigIntegerField(null=True, blank=True)
    depot_name = models.CharField(max_length=80, blank=True)
    bay_name = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    currency = models.CharField(max_length=3, blank=True)
    tariff_key = models.BigIntegerField(null=True, blank=True)

    token_value = models.CharField(max_length=255, blank=True, help_text="As the charger told it")
    token_type = models.CharField(max_length=20, blank=True)
    token = models.ForeignKey(IdToken, models.SET_NULL, null=True, blank=True, related_name="+")
    token_status = models.CharField(max_length=20, blank=True, help_text="What we answered")
    token_why = models.CharField(max_length=200, blank=True, help_text="Why it was refused, and yet began")
    vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="sessions")
    vehicle_source = models.CharField(max_length=12, choices=VehicleSource, blank=True)
    driver = models.CharField(max_length=80, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    remote_start_id = models.IntegerField(null=True, blank=True)
    stop_token_value = models.CharField(max_length=255, blank=True)

    started_at = models.DateTimeField(help_text="The charger's time, repaired where it cannot be true")
    started_heard_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_heard_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=8, choices=ClosedBy, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    limit_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    limit_wh = models.PositiveIntegerField(null=True, blank=True)
    limit_s = models.PositiveIntegerField(null=True, blank=True)
    limit_soc_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    limit_kept_by = models.CharField(max_length=8, choices=LimitKeeper, blank=True)
    limit_reached = models.CharField(max_length=8, choices=LimitKind, blank=True)
    energy_state = models.CharField(max_length=16, choices=EnergyState, blank=True)
    energy_state_at = models.DateTimeField(null=True, blank=True)

    meter_start_wh = models.BigIntegerField(null=True, blank=True)
    meter_stop_wh = models.BigIntegerField(null=True, blank=True)
    energy_wh = models.BigIntegerField(null=True, blank=True, help_text="So far, or in all once ended; null: unknown")
    # Where the count stands while it runs: the register it counts from, the highest like register, when it last rose.
    base_wh = models.BigIntegerField(null=True, blank=True)
    register_wh = models.BigIntegerField(null=True, blank=True)
    register_at = models.DateTimeField(null=True, blank=True)
    # Given back by the vehicle, by a register of its own; null: the charger tells none.
    exported_wh = models.BigIntegerField(null=True, blank=True)
    export_base_wh = models.BigIntegerField(null=True, blank=True)
    export_register_wh = models.BigIntegerField(null=True, blank=True)
    export_register_at = models.DateTimeField(null=True, blank=True)
    power_w = models.IntegerField(null=True, blank=True, help_text="Negative: out of the vehicle")
    soc_start_percent = models.FloatField(null=True, blank=True)
    soc_percent = models.FloatField(null=True, blank=True)
    last_reading_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(help_text="Ours, of anything about this session")
    quality = models.JSONField(default=list, help_text="[{code, note}]: what is estimated or repaired, and why")

    settle_after = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    needs_correction = models.BooleanField(default=False, help_text="Facts changed after it was settled")
    correction_reason = models.CharField(max_length=200, blank=True, help_text="What changed")
    correction_author = models.CharField(max_length=150, blank=True, help_text="Who said so; blank: the charger")

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "reference"], condition=~models.Q(reference=""), name="one_session_per_reference"
            ),
            models.UniqueConstraint(fields=["charger", "start_key"], name="one_session_per_start"),
            models.UniqueConstraint(
                fields=["evse"], condition=models.Q(ended_at=None), name="one_running_session_per_evse"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, closed_by="") | (~models.Q(ended_at=None) & ~models.Q(closed_by="")),
                name="an_ended_session_says_who_closed_it",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="a_session_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(energy_wh=None) | models.Q(energy_wh__gte=0), name="energy_is_never_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["charger"], condition=models.Q(ended_at=None), name="running_sessions"),
            models.Index(
                fields=["id"],
                condition=models.Q(ended_at=None) & ~models.Q(limit_kept_by=""),
                name="sessions_with_a_limit",
            ),
            models.Index(fields=["evse", "-started_at"], name="sessions_of_an_evse"),
            models.Index(fields=["-started_at", "-id"], name="sessions_by_start"),
            models.Index(fields=["vehicle", "-started_at"], name="sessions_of_a_vehicle"),
            models.Index(
                fields=["settle_after"],
                condition=models.Q(settled_at=None) & ~models.Q(ended_at=None),
                name="sessions_to_settle",
            ),
            models.Index(fields=["id"], condition=models.Q(needs_correction=True), name="sessions_to_correct"),
        ]
        ordering = ["-started_at", "-id"]
        permissions = [
            ("start_session", "Start a vehicle"),
            ("stop_session", "Stop a session"),
            ("name_vehicle", "Say which vehicle a session is"),
        ]

    def __str__(self) -> str:
        return f"Session {self.pk}"


class MeterReading(models.Model):
    """One meter value: a point of the curve. Written by the batch; kept METER_CURVE_KEPT_DAYS days."""

    charger = models.ForeignKey(Charger, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    # None: the main meter of the charger.
    evse = models.ForeignKey(Evse, models.CASCADE, null=True, db_constraint=False, db_index=False, related_name="+")
    session = models.ForeignKey(
        Session, models.CASCADE, null=True, db_constraint=False, db_index=False, related_name="readings"
    )
    at = models.DateTimeField(help_text="The charger's time")
    heard_at = models.DateTimeField()
    context = models.CharField(max_length=24, blank=True)
    energy_wh = models.BigIntegerField(null=True)
    power_w = models.IntegerField(null=True)
    soc_percent = models.FloatField(null=True)
    samples = models.TextField(blank=True, help_text="JSON: [[measurand, value, unit, phase, location, context], ...]")
    signed = models.TextField(blank=True, help_text="JSON: [[data, encoding, method, public key], ...], as told")

    class Meta:
        indexes = [
            models.Index(fields=["charger", "at"], condition=models.Q(evse=None), name="curve_of_a_main_meter"),
            models.Index(fields=["session", "at"], name="curve_of_a_session"),
            models.Index(fields=["evse", "at"], name="curve_of_an_evse"),
        ]

    def __str__(self) -> str:
        return f"{self.at}: {self.energy_wh} Wh"


class SessionMessage(models.Model):
    """A message about a session that was taken in; told again it changes nothing.

    The key survives chargers whose seqNo is always 0: kind, seqNo, the charger's time and a digest of the content.
    """

    session = models.ForeignKey(Session, models.CASCADE, db_index=False, related_name="messages")
    kind = models.CharField(max_length=8)
    sequence = models.BigIntegerField(default=-1, help_text="-1: none was told")
    at = models.DateTimeField()
    digest = models.CharField(max_length=32, blank=True)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "kind", "sequence", "at", "digest"], name="one_row_per_message_of_a_session"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sequence}"
