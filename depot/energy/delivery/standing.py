"""Pure: the words for how a charger and its vehicle stand."""

from enum import StrEnum


class Obedience(StrEnum):
    FINE = ""
    RETRIED = "retried"
    COUNTED = "counted"
    STOPPED = "stopped"


class Waking(StrEnum):
    AWAKE = ""
    RAISED = "raised"
    TOGGLED = "toggled"
    RESTARTED = "restarted"
    ASLEEP = "asleep"
    FULL = "full"
