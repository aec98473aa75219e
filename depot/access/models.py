"""Who acts: people and service accounts, their roles and depots, keys, and the audit of what they did."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from depot.models import Depot


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    DISPATCHER = "dispatcher", "Dispatcher"
    FLEET_MANAGER = "fleet_manager", "Fleet manager"
    ENGINEER = "engineer", "Engineer"
    ADMIN = "admin", "Administrator"


class Scope(models.TextChoices):
    READ = "read", "Read"
    OPERATE = "operate", "Operate"
    ERP = "erp", "ERP"
    ENGINEER = "engineer", "Engineer"
    ADMIN = "admin", "Administrator"


class User(AbstractUser):
    """A person, or a service account that an API key or the depot itself acts as."""

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    all_depots = models.BooleanField(default=False)
    depots = models.ManyToManyField(Depot, blank=True, related_name="users")
    is_service = models.BooleanField(default=False, help_text="Acts by key only; cannot sign in")
    theme = models.CharField(max_length=6, blank=True, help_text="light, dark, or as the browser says")

    class Meta(AbstractUser.Meta):
        ordering = ["username"]
        permissions = [("manage_users", "Manage people and API keys")]


class ApiKey(models.Model):
    user = models.OneToOneField(User, models.CASCADE, related_name="api_key")
    name = models.CharField(max_length=60)
    scopes = models.JSONField(default=list)
    hmac = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8, help_text="Its first characters, to tell keys apart")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=60, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at=None), name="one_living_key_per_name"
            )
        ]
        ordering = ["name", "-id"]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what, when, to what. Kept two years."""

    at = models.DateTimeField()
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150)
    depot = models.ForeignKey(Depot, models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    address = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"])]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_name} {self.act} {self.subject}"


class IdempotencyKey(models.Model):
    """A POST that was answered once, so that the same key gets the same answer. Kept 24 hours. Times are real time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    attempt = models.CharField(max_length=32, help_text="Which try holds it; a try that lost it commits nothing")
    created_at = models.DateTimeField()
    # Written in the transaction of what the request caused: with a status, it happened.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    location = models.CharField(max_length=300, blank=True)
    finished_at = models.DateTimeField(null=True, help_text="When the answer was ready to go out")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_by_age")]

    def __str__(self) -> str:
        return self.key


class SignInTry(models.Model):
    """A try to sign in that has not succeeded. Kept a day. Times are real time."""

    user_name = models.CharField(max_length=150, help_text="As typed, without case")
    address = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address", "user_name", "at"], name="sign_in_tries"),
            models.Index(fields=["at"], name="sign_in_tries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} from {self.address}"
