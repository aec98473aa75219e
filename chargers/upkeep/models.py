"""What we know of each charger's local list, which settings a kind of charger should have, and which CALLs broke links.

Moments are business time unless it is said otherwise.
"""

from django.db import models

from chargers.events import Setting
from chargers.models import Charger, Connection
from chargers.upkeep.naming import write_name


class LocalList(models.Model):
    """The tokens that one charger accepts by itself, as far as we know."""

    charger = models.OneToOneField(Charger, models.CASCADE, related_name="local_list")
    is_managed = models.BooleanField(default=False, help_text="A rule of ours says what stands on it")
    version = models.IntegerField(default=0, help_text="Of the last list that it took; 0: none")
    reported_version = models.IntegerField(null=True, blank=True, help_text="As it said when it was asked")
    reported_at = models.DateTimeField(null=True, blank=True)
    is_known = models.BooleanField(default=False, help_text="What stands on it is what the rows of it say")
    is_verified = models.BooleanField(default=False, help_text="It told its version since the last list")
    digest = models.CharField(max_length=64, blank=True, help_text="Of what stands on it")
    missing = models.PositiveIntegerField(default=0, help_text="Tokens that should stand on it, or otherwise")
    surplus = models.PositiveIntegerField(default=0, help_text="Tokens that should not")
    left_out = models.PositiveIntegerField(default=0, help_text="Tokens that it has no room or no words for")
    looked_at = models.DateTimeField(null=True, blank=True)
    asked_limits_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="That failed, one after the other")
    retry_after = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=200, blank=True, help_text="What went wrong last, in plain words")
    gave_up_at = models.DateTimeField(null=True, blank=True)
    gave_up_firmware = models.CharField(max_length=60, blank=True)
    kept_off = models.JSONField(
        default=list, blank=True, help_text="Keys of tokens whose customer was to be forgotten here"
    )

    class Meta:
        ordering = ["charger_id"]

    def __str__(self) -> str:
        return f"Local list of {self.charger}"


class ListedToken(models.Model):
    """A token that stands on a charger's local list."""

    local_list = models.ForeignKey(LocalList, models.CASCADE, related_name="tokens")
    key = models.CharField(max_length=255, help_text="chargers.events.token_key of it")
    token = models.CharField(max_length=255)
    type = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True, blank=True)
    group = models.CharField(max_length=36, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["local_list", "key"], name="one_entry_per_token_of_a_list")]
        indexes = [models.Index(fields=["key"], name="lists_that_hold_a_token")]
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.token}: {self.status}"


class SettingTemplate(models.Model):
    """What some kind of charger should have set. Blank words fit all."""

    name = models.CharField(max_length=80, unique=True)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=60, blank=True, help_text="How its firmware begins")
    # The roof's number of a depot; a number, for this floor knows no depots.
    depot_key = models.BigIntegerField(null=True, blank=True, db_index=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WantedSetting(models.Model):
    """A key (1.6), or a variable of a component (2.x), with the value that it should have."""

    template = models.ForeignKey(SettingTemplate, models.CASCADE, related_name="wanted")
    component = models.CharField(max_length=50, blank=True, help_text="2.x only")
    component_instance = models.CharField(max_length=50, blank=True)
    variable = models.CharField(max_length=50)
    variable_instance = models.CharField(max_length=50, blank=True)
    value = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["template", "component", "component_instance", "variable", "variable_instance"],
                name="one_wanted_value_per_setting",
            )
        ]
        ordering = ["component", "variable"]

    def __str__(self) -> str:
        return write_name(self.setting)

    @property
    def setting(self) -> Setting:
        return Setting(self.variable, self.component, self.component_instance, self.variable_instance)


class BrokenLink(models.Model):
    """A socket that ended right after a CALL of ours; real time. Kept 30 days."""

    charger = models.ForeignKey(Charger, models.CASCADE, related_name="broken_links")
    connection = models.OneToOneField(Connection, models.CASCADE, related_name="+")
    action = models.CharField(max_length=60)
    firmware = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["charger", "action", "-at"], name="links_broken_by_an_action")]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.charger} after {self.action}"
