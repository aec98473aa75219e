"""Bring what is wanted to the chargers: reductions at once, raises inside the room that others have given up.

Nothing here waits for an answer: what cannot go out now stays wanted, and each answer of a charger lets more of it go.
One writer per depot at a time: it reads the books, reserves and sends under the lock of one row.
"""

from depot.energy.delivery.services.delivering import Delivery, carry_on, deliver, set_windows

__all__ = ["Delivery", "carry_on", "deliver", "set_windows"]
