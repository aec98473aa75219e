"""What a charger can be told, by what it has shown, its settings and its model: for who plans and who delivers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from chargers.models import Capability, Charger, SettingValue
from chargers.quirks import Shown, Traits, model_for, shown_by_settings, traits_of
from depot.energy.delivery.ladder import Rung, rung_of, rungs

# Told to be off, the charger asks us before each start while it is online.
PRE_AUTHORIZES = ("localpreauthorize", "authctrlr.localpreauthorize")


@dataclass(frozen=True, slots=True)
class Abilities:
    traits: Traits
    refused: frozenset[str]
    listed_level: int | None
    asks_before_starts: bool

    @property
    def rung(self) -> Rung | None:
        """None: no limit reaches it, it can only be started and stopped."""
        return rung_of(self.traits, self.refused, listed_level=self.listed_level)

    @property
    def rungs(self) -> list[Rung]:
        return rungs(self.traits, listed_level=self.listed_level)


def abilities_of(charger: Charger, shown: Iterable[Capability], settings: Mapping[str, str]) -> Abilities:
    own = [Shown(name=each.name, value=each.value, firmware=each.firmware) for each in shown]
    model = model_for(charger.vendor, charger.model, charger.firmware)
    level = settings.get("chargeprofilemaxstacklevel") or settings.get("smartchargingctrlr.profilestacklevel") or ""
    return Abilities(
        traits=traits_of(model, [*shown_by_settings(settings), *own], firmware=charger.firmware),
        # Another firmware may take what this one refuses.
        refused=frozenset(
            each.name for each in own if each.name.startswith("refuses ") and each.firmware == charger.firmware
        ),
        listed_level=int(level) if level.isdecimal() else None,
        asks_before_starts=any(settings.get(name, "").lower() == "false" for name in PRE_AUTHORIZES),
    )


def shown_of(ids: Collection[int]) -> tuple[dict[int, list[Capability]], dict[int, dict[str, str]]]:
    """By charger: its capabilities, and its settings by variable or component.variable in lower case."""
    capabilities: dict[int, list[Capability]] = {}
    for capability in Capability.objects.filter(charger__in=ids):
        capabilities.setdefault(capability.charger_id, []).append(capability)
    settings: dict[int, dict[str, str]] = {}
    told = SettingValue.objects.filter(charger__in=ids, attribute="Actual").exclude(value=None)
    for charger_id, component, variable, value in told.values_list("charger", "component", "variable", "value"):
        if value:
            settings.setdefault(charger_id, {})[f"{component}.{variable}".lstrip(".").lower()] = value
    return capabilities, settings


def abilities_of_all(chargers: Collection[Charger]) -> dict[int, Abilities]:
    shown, settings = shown_of([charger.pk for charger in chargers])
    return {
        charger.pk: abilities_of(charger, shown.get(charger.pk, ()), settings.get(charger.pk, {}))
        for charger in chargers
    }
