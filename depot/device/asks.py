"""The table of what is asked by form on a charger's pages: the form, in whose words, and where its effect shows."""

from dataclasses import dataclass

from depot.device import forms

ENGINEER, OPERATE = "chargers.engineer_charger", "chargers.operate_charger"
COMMANDS, MONITORING, POWER, DISPLAY = "charger-commands", "charger-monitoring", "charger-power", "charger-display"
CONFIGURATION = "charger-configuration"


@dataclass(frozen=True, slots=True)
class Ask:
    name: str  # the last part of its address
    title: str
    explains: str
    form: type[forms.AskForm]
    shows_at: str
    permission: str = ENGINEER
    in_16: bool = False  # 1.6 has a word for it


_ALL = (
    Ask("monitor", "Watch a variable", "The charger watches it by itself and tells us; the alert is kept here.",
        forms.MonitorForm, MONITORING),
    Ask("clear-monitor", "Watch no more", "The monitor of this number is deleted.", forms.ClearMonitorForm, MONITORING),
    Ask("report-monitors", "Ask for all monitors", "They come as a report; after a restart their numbers may differ.",
        forms.ReportMonitorsForm, MONITORING),
    Ask("monitoring-base", "Choose which monitors are on", "What the maker set up, and what we did.",
        forms.MonitoringBaseForm, MONITORING),
    Ask("monitoring-level", "Choose what is told", "What is less grave is noticed by the charger, and not told.",
        forms.MonitoringLevelForm, MONITORING),
    Ask("message", "Show a message", "It stands on the charger's display.", forms.MessageForm, DISPLAY),
    Ask("clear-message", "Take a message away", "The message of this number goes from the display.",
        forms.ClearMessageForm, DISPLAY),
    Ask("report-messages", "Ask for all messages", "They come as a report.", forms.ReportMessagesForm, DISPLAY),
    Ask("customer", "Ask about a customer", "What the charger tells is personal, and kept here for 30 days.",
        forms.CustomerForm, DISPLAY),
    Ask("network-profile", "Write a way to the server",
        "A slot with a wrong address can cut the charger off: keep one that works.", forms.NetworkProfileForm, DISPLAY),
    Ask("profiles", "Ask for its charging profiles", "They come as a report.", forms.ProfilesForm, POWER),
    Ask("composite-schedule", "Ask what it means to do", "What all its charging profiles come to together.",
        forms.CompositeScheduleForm, POWER, OPERATE, in_16=True),
    Ask("transaction", "Ask how a charge stands", "Does it go on, and waits anything of it to be told?",
        forms.TransactionForm, COMMANDS, OPERATE),
    Ask("cost", "Show the cost so far", "On the charger's display, for one charge.", forms.CostForm, COMMANDS),
    Ask("data", "Say what only its maker knows", "OCPP calls it DataTransfer.", forms.DataForm, COMMANDS, in_16=True),
    Ask("variables", "Ask for some variables", "They come as a report and stand in the configuration.",
        forms.VariablesForm, CONFIGURATION),
)  # fmt: skip
ASKS = {ask.name: ask for ask in _ALL}


def asks_of(protocol: str, tab: str = "") -> list[Ask]:
    """What the charger's version has words for, of one tab or of all."""
    return [ask for ask in _ALL if (ask.in_16 or protocol != "ocpp1.6") and tab in ("", ask.shows_at)]
