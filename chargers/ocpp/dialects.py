"""The versions that we speak, by subprotocol, the newest first."""

from chargers.ocpp import v16, v21, v201
from chargers.ocpp.dialect import Dialect

DIALECTS: dict[str, Dialect] = {dialect.subprotocol: dialect for dialect in (v21.dialect, v201.dialect, v16.dialect)}
