"""A yard of virtual chargers and vehicles: an outsider that knows OCPP and nothing of the server it talks to."""
