"""OCPP itself: the only room that imports the `ocpp` package. Pure."""
