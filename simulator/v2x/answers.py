"""What a charger answers in OCPP 2.0.1 and 2.1."""

from typing import TYPE_CHECKING

from simulator.frames import Payload
from simulator.speech import Answers
from simulator.transaction import Card

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


@ANSWERS.to("RequestStartTransaction")
def start(charger: "Charger", asked: Payload) -> Payload:
    evse = charger.evse(asked["evseId"]) if "evseId" in asked else next(
        (each for each in charger.evses if each.transaction is None), None
    )
    if evse is None or evse.transaction is not None or evse.fault_code:
        return {"status": "Rejected"}
    token = asked["idToken"]
    card = Card(token["idToken"], token["type"], remote_start_id=asked["remoteStartId"], is_remote=True)
    charger.after_answer(lambda: evse.present_card(card))
    return {"status": "Accepted"}


@ANSWERS.to("RequestStopTransaction")
def stop(charger: "Charger", asked: Payload) -> Payload:
    for evse in charger.evses:
        if evse.transaction is not None and evse.transaction.key == asked["transactionId"]:
            charger.after_answer(lambda evse=evse: evse.stop("Remote"))  # type: ignore[misc]
            return {"status": "Accepted"}
    return {"status": "Rejected"}


ANSWERS_21 = Answers(ANSWERS)
