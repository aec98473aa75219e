"""The depot's electricity in rows: circuits, meters, needs, prices, rules, and the plans that were made of them."""

from depot.energy.models.circuits import Circuit, Control, Wiring
from depot.energy.models.hands import ChargeNow, GridCap, ManualLimit
from depot.energy.models.meters import MeterKind, MeterSample, MeterSource, MonthPeak, SiteInterval
from depot.energy.models.needs import Habit, NeedSource, Timetable, VehicleNeed
from depot.energy.models.plans import PlanMark, PlannedStay, StoredPlan
from depot.energy.models.prices import SiteTariff
from depot.energy.models.rules import Rule, RuleKind, RuleScope
from depot.energy.models.settings import EnergySettings

__all__ = [
    "ChargeNow",
    "Circuit",
    "Control",
    "EnergySettings",
    "GridCap",
    "Habit",
    "ManualLimit",
    "MeterKind",
    "MeterSample",
    "MeterSource",
    "MonthPeak",
    "NeedSource",
    "PlanMark",
    "PlannedStay",
    "Rule",
    "RuleKind",
    "RuleScope",
    "SiteInterval",
    "SiteTariff",
    "StoredPlan",
    "Timetable",
    "VehicleNeed",
    "Wiring",
]
