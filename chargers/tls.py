"""TLS of our own for chargers: 1.2 and above, client certificates asked for, and what went wrong counted (quirk 10).

Who came with which certificate is judged at the door, where it can be refused in words. What the library refuses
before that, we cannot know the name of: it is counted with its reason.
"""

import asyncio
import logging
import os
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError
from django.db.models import F

from chargers.certificates.door import AT_THE_DOOR
from chargers.certificates.models import Authority, TlsTrouble
from chargers.database import in_database

logger = logging.getLogger(__name__)

# The four that both sides must know (A00.FR.318, 421); those of TLS 1.3 are the library's own.
CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    )
)
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which `ssl` has no name: an expired certificate is refused at the door, where
# its charger's name and the day can be told.
NO_CHECK_TIME = 0x200000
LOOK_EVERY_S = 10.0
# What a charger on a mobile line may need for its handshake; one that says nothing holds its place no longer.
HANDSHAKE_WITHIN_S = 30.0
# The library's word for what went wrong, and ours.
IN_WORDS = {
    "CERTIFICATE_VERIFY_FAILED": "Showed a client certificate that is signed by nobody who is accepted here",
    "TLSV1_ALERT_UNKNOWN_CA": "Does not know who signed our certificate: install its root in the charger",
    "SSLV3_ALERT_BAD_CERTIFICATE": "Does not take our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "Does not take our certificate: its root may be missing in the charger",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "Thinks that our certificate has expired: its clock, or our certificate",
    "HTTP_REQUEST": "Spoke without TLS at the port for TLS: its address begins with ws:// instead of wss://",
    "WRONG_VERSION_NUMBER": "Spoke something else than TLS at the port for TLS",
    "UNSUPPORTED_PROTOCOL": "Knows only TLS before 1.2, which is not allowed",
    "TLSV1_ALERT_PROTOCOL_VERSION": "Knows only TLS before 1.2, which is not allowed",
    "NO_SHARED_CIPHER": "Knows no cipher suite that is allowed, or none that fits our certificate's kind of key",
    "UNEXPECTED_EOF_WHILE_READING": "Hung up in the middle of it",
}
HUNG_UP = "Hung up in the middle of it, without a word: its root for our certificate may be missing"


class Context(ssl.SSLContext):
    """Counts the handshakes that came to nothing, by what went wrong."""

    trouble: "Counter[str]"
    begun: dict[object, float]  # handshakes that are neither over nor failed, with when they began (monotonic)

    def count_left(self, patience_s: float) -> None:
        """Those that were left in the middle: nobody says so when the peer just goes away."""
        long_ago = time.monotonic() - patience_s
        for line in [line for line, began in list(self.begun.items()) if began < long_ago]:
            del self.begun[line]
            self.trouble[HUNG_UP] += 1


class WatchedLine(ssl.SSLObject):
    """One connection's TLS; notes how its handshake goes."""

    _mark: object | None = None

    def do_handshake(self) -> None:
        context = self.context
        assert isinstance(context, Context)
        if self._mark is None:
            self._mark = object()
            context.begun[self._mark] = time.monotonic()
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            if context.begun.pop(self._mark, None) is not None:
                context.trouble[IN_WORDS.get(error.reason or "", f"The library says: {error.reason or error}")] += 1
            raise
        context.begun.pop(self._mark, None)


def make_context(certificates: Sequence[str], keys: Sequence[str]) -> Context:
    """For the files of our server's certificates, each a chain, with their keys."""
    context = Context(ssl.PROTOCOL_TLS_SERVER)
    context.trouble, context.begun = Counter(), {}
    context.sslobject_class = WatchedLine
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    for certificate, key in zip(certificates, keys, strict=True):
        context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    # An accepted authority need not be a root.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(NO_CHECK_TIME)
    return context


class TrustKeeper:
    """Teaches a context the authorities that are accepted now and our own newest certificates; keeps what it counted.

    `files`: our certificates and their keys. What was renewed there serves from the next look on: nobody has to
    remember a restart before the old one ends.
    """

    def __init__(
        self, context: Context, files: Sequence[tuple[str, str]] = (), patience_s: float = HANDSHAKE_WITHIN_S
    ) -> None:
        self.context = context
        self.patience_s = patience_s
        self._known: set[str] = set()
        self._files = {pair: _changed_at(pair) for pair in files}

    async def keep(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        self.take_renewed()
        self.context.count_left(self.patience_s)
        counted, self.context.trouble = self.context.trouble, Counter()
        try:
            accepted = await in_database(_look, counted)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the accepted authorities could not be read: %s", error)
            self.context.trouble.update(counted)
            return
        # What is no longer accepted stays known to the library, and is refused at the door.
        for pem in accepted - self._known:
            self.context.load_verify_locations(cadata=pem)
        self._known |= accepted

    def take_renewed(self) -> None:
        for pair, known in self._files.items():
            changed_at = _changed_at(pair)
            if changed_at in (known, None):
                continue
            try:
                # First elsewhere: a certificate whose key is not there yet would leave this one with neither.
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair)
                self.context.load_cert_chain(*pair)
            except (ssl.SSLError, OSError) as error:
                logger.warning("%s is not taken: %s", pair[0], error)
                continue
            self._files[pair] = changed_at
            logger.info("%s was renewed and serves from now on", pair[0])


def _changed_at(pair: tuple[str, str]) -> tuple[int, ...] | None:
    """None where one of the two is not there at this moment."""
    try:
        return tuple(os.stat(path).st_mtime_ns for path in pair)
    except OSError:
        return None


def _look(counted: "Counter[str]") -> set[str]:
    note_troubles(counted, at=datetime.now(UTC))
    accepted = Authority.objects.filter(use__in=AT_THE_DOOR, retired_at=None)
    return set(accepted.values_list("certificate", flat=True))


def note_troubles(counted: "Counter[str]", *, at: datetime) -> None:
    for reason, count in counted.items():
        TlsTrouble.objects.get_or_create(reason=reason[:200], defaults={"first_at": at, "last_at": at})
        TlsTrouble.objects.filter(reason=reason[:200]).update(count=F("count") + count, last_at=at)
