"""What a charger answers in OCPP 1.6: the whole table, put together from its rooms."""

from simulator.speech import Answers
from simulator.v16 import core, local, security, smart_charging, upkeep

ANSWERS = Answers(core.ANSWERS | local.ANSWERS | smart_charging.ANSWERS | upkeep.ANSWERS | security.ANSWERS)
