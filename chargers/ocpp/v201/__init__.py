"""OCPP 2.0.1: wire words <-> our events and commands; what it shares with its sister stands in v2x."""

from chargers.ocpp.v2x.versions import v201 as dialect
from chargers.ocpp.v201 import remote_control, smart_charging  # each module registers what it knows

__all__ = ["dialect", "remote_control", "smart_charging"]
