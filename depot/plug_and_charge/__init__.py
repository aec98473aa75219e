"""Plug & Charge: vehicles that prove themselves with a contract certificate (ISO 15118), by a provider."""
