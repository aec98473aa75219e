"""What a charger answers in OCPP 2.0.1 and 2.1: the whole tables, put together from their rooms."""

from simulator.speech import Answers
from simulator.v2x import certificates, device_model, local, monitoring, sessions, smart_charging, upkeep, v21

ANSWERS = Answers(
    sessions.ANSWERS
    | local.ANSWERS
    | smart_charging.ANSWERS
    | device_model.ANSWERS
    | monitoring.ANSWERS
    | certificates.ANSWERS
    | upkeep.ANSWERS
)
# Known to the versions, and nothing that a charger of this kind does.
UNSUPPORTED = frozenset({"PublishFirmware", "UnpublishFirmware"})

ANSWERS_21 = Answers(ANSWERS | v21.ANSWERS)
UNSUPPORTED_21 = UNSUPPORTED | v21.UNSUPPORTED
