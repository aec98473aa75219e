"""How a plan reaches the chargers: as profiles that each of them understands, inside what the ledger allows."""
