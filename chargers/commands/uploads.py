"""Logs to send us and firmware to fetch: what a charger carries over a connection of its own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command


class LogKind(StrEnum):
    DIAGNOSTICS = "DiagnosticsLog"
    SECURITY = "SecurityLog"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLog(Command):
    """2.x N01; in 1.6 by the security extension."""

    kind: ClassVar[str] = "upload_log"
    log: LogKind
    request_id: int
    location: str  # a folder to upload to
    since: datetime | None = None
    until: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDiagnostics(Command):
    """1.6 without its security extension (§5.9)."""

    kind: ClassVar[str] = "upload_diagnostics"
    location: str
    since: datetime | None = None
    until: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware(Command):
    """A signed one in 1.6 is another action (security white paper); what is not signed has no request id there."""

    kind: ClassVar[str] = "update_firmware"
    request_id: int
    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    signing_certificate: str = ""
    signature: str = ""
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFirmware(Command):
    """A local controller offers it to the chargers behind it (2.x L03)."""

    kind: ClassVar[str] = "publish_firmware"
    request_id: int
    location: str
    checksum: str  # MD5 in hex
    retries: int | None = None
    retry_interval_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpublishFirmware(Command):
    kind: ClassVar[str] = "unpublish_firmware"
    checksum: str
