"""OCPP 1.6J, from the charger's side."""
