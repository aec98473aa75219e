"""Secrets are taken out before anything is stored: traces, audits, logs."""

import re
from typing import Any

HIDDEN = "***"
# Keys and variables whose value is a secret (1.6 security white paper, 2.x SecurityCtrlr); compared without case.
SECRET_NAMES = {
    "authorizationkey", "basicauthpassword", "password", "apnpassword", "vpnpassword", "apnuser", "psk", "wifipassword",
    "simpin",
}  # fmt: skip
# Members of payloads that are secret by their own name.
SECRET_MEMBERS = {"password", "basicauthpassword", "apnpassword", "presharedkey", "simpin"}
# A login within an address, such as one to upload logs to: user and password, without the signs around them.
LOGIN = re.compile(r"(?<=://)[^/@\s\"]*:[^/@\s\"]*(?=@)")


def redacted(payload: Any) -> Any:
    """A copy without secrets: members named so, and values of keys and variables named so."""
    if isinstance(payload, dict):
        name = _named(payload)
        return {
            member: HIDDEN
            if member.casefold() in SECRET_MEMBERS
            or (name and member in ("value", "attributeValue") and name in SECRET_NAMES)
            or (member == "idToken" and isinstance(value, str) and _is_key_code(payload))
            else redacted(value)
            for member, value in payload.items()
        }
    if isinstance(payload, list | tuple):
        return [redacted(item) for item in payload]
    if isinstance(payload, str) and "://" in payload:
        return LOGIN.sub(HIDDEN, payload)
    return payload


def needs_it(payload: dict[str, Any], text: str) -> bool:
    """A cheap look whether anything secret may be in it; most messages of chargers have nothing."""
    folded = text.casefold()
    if "://" in folded and "@" in folded:
        return True
    return any(name in folded for name in ("password", "authorizationkey", "psk", "presharedkey", "simpin", "keycode"))


def _is_key_code(payload: dict[str, Any]) -> bool:
    """A token that somebody typed is a secret like a password: it never shows in a log (2.x C04.FR.04)."""
    return isinstance(payload.get("type"), str) and payload["type"].casefold() == "keycode"


def _named(payload: dict[str, Any]) -> str:
    """The key (1.6) or variable (2.x) that the value beside it belongs to."""
    key = payload.get("key")
    if isinstance(key, str):
        return key.casefold()
    variable = payload.get("variable")
    if isinstance(variable, dict) and isinstance(variable.get("name"), str):
        named: str = variable["name"].casefold()
        return named
    return ""
