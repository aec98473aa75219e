"""The pages of the yard: chargers, the waiting room, tokens, vehicles, bays, tariffs, imports."""
