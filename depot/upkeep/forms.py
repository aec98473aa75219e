"""What people type about rules and templates."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from chargers.events import Setting
from chargers.upkeep.models import SettingTemplate, WantedSetting
from chargers.upkeep.naming import NAME_PARTS, read_name, write_name
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Depot
from depot.upkeep.models import OfflineRule
from depot.yard.forms.fields import DepotChoice

NAME_LENGTH, VALUE_LENGTH, LINES_MAX = 50, 500, 200


class OfflineRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OfflineRule
        fields = ["depot", "tokens_of", "group"]
        labels = {"depot": "At the chargers of", "tokens_of": "Cards of", "group": "In the group"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        depots = within_reach(user, Depot.objects.all())
        for name, none in (("depot", None), ("tokens_of", "All depots")):
            self.fields[name].queryset = depots  # type: ignore[attr-defined]
            self.fields[name].empty_label = none  # type: ignore[attr-defined]
        # Cards of depots that somebody does not see are not his to send about.
        self.fields["tokens_of"].required = not user.all_depots
        if not user.all_depots:
            self.fields["tokens_of"].empty_label = None  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        same = OfflineRule.objects.filter(
            depot=cleaned.get("depot"), tokens_of=cleaned.get("tokens_of"), group=cleaned.get("group", "")
        )
        if not self.errors and same.exists():
            raise ValidationError("There is such a rule already.")
        return cleaned


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    wanted = forms.CharField(
        label="Settings",
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono"}),
        help_text="One a line: HeartbeatInterval = 300, and for 2.x OCPPCommCtrlr.HeartbeatInterval = 300, "
        "with an instance as OCPPCommCtrlr.MessageAttempts[TransactionEvent] = 3. "
        "A template may hold both: each charger heeds those of its own version.",
    )

    class Meta:
        model = SettingTemplate
        fields = ["name", "vendor", "model", "firmware", "is_active"]
        labels = {
            "vendor": "Maker",
            "model": "Type",
            "firmware": "Firmware begins with",
            "is_active": "In use",
        }
        help_texts = {
            "vendor": "As the charger says it at its start. Blank: any",
            "model": "As the charger says it. Blank: any",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["depot"] = DepotChoice(user, none="All depots", label="Depot")
        self.fields["depot"].initial = self.instance.depot_key
        if self.instance.pk:
            self.fields["wanted"].initial = "\n".join(f"{row} = {row.value}" for row in self.instance.wanted.all())

    def clean_wanted(self) -> list[tuple[Setting, str]]:
        """The setting and the value of each line."""
        lines = [line.strip() for line in str(self.cleaned_data["wanted"]).splitlines() if line.strip()]
        if len(lines) > LINES_MAX:
            raise ValidationError(f"At most {LINES_MAX} settings.")
        read: dict[str, tuple[Setting, str]] = {}
        for number, line in enumerate(lines, 1):
            name, sign, value = (part.strip() for part in line.partition("="))
            setting = read_name(name) if sign else None
            if setting is None or max(len(getattr(setting, part)) for part in NAME_PARTS) > NAME_LENGTH:
                raise ValidationError(f"Line {number} does not read as “Key = value”.")
            if len(value) > VALUE_LENGTH or "\x00" in line:
                raise ValidationError(f"The value in line {number} is one that no charger takes.")
            if (key := write_name(setting).casefold()) in read:
                raise ValidationError(f"Line {number}: {name} stands there twice.")
            read[key] = (setting, value)
        return list(read.values())

    def keep(self) -> SettingTemplate:
        """Save it with its settings; within the caller's transaction."""
        template: SettingTemplate = self.save(commit=False)
        depot: Depot | None = self.cleaned_data["depot"]
        template.depot_key = depot.pk if depot is not None else None
        template.save()
        template.wanted.all().delete()
        WantedSetting.objects.bulk_create(
            WantedSetting(template=template, value=value, **{part: getattr(setting, part) for part in NAME_PARTS})
            for setting, value in self.cleaned_data["wanted"]
        )
        return template
