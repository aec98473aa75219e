"""OCPP 2.0.1 and 2.1, from the charger's side."""
