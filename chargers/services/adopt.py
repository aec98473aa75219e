"""A charger becomes ours, or does not; and how it gets a password of ours."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from chargers import outbox, queries
from chargers.choices import Protocol, Standing, Trust
from chargers.commands import ChangeSettings, TriggerMessage
from chargers.credentials import keyed_hash
from chargers.credentials import new_password as make_password
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand
from chargers.services.issue import ChargerOffline, issue_command

# A charger that is sent so many new passwords without ever using one takes none.
UNUSED_KEPT = 20
# Where a password lives: 1.6 security white paper §5.1.1; 2.x A01.FR.01.
PASSWORD_SETTINGS = {
    Protocol.V16: Setting("AuthorizationKey"),
    Protocol.V201: Setting("BasicAuthPassword", component="SecurityCtrlr"),
    Protocol.V21: Setting("BasicAuthPassword", component="SecurityCtrlr"),
}


class IdentityTaken(Exception):
    """Another charger has this identity, perhaps in other letter case."""


class NoPasswordOffered(Exception):
    """There is nothing to trust: the charger presented no password."""


def register_charger(identity: str, *, name: str = "", now: datetime, pinned_protocol: str = "") -> tuple[Charger, str]:
    """A charger that is ours before it ever calls; the password is told here, once. Raises IdentityTaken."""
    if queries.charger_called(identity) is not None:
        raise IdentityTaken(identity)
    password = make_password()
    charger = Charger.objects.create(
        identity=identity,
        name=name,
        standing=Standing.ADOPTED,
        trust=Trust.PASSWORD,
        password_hmac=keyed_hash(password.encode()),
        pinned_protocol=pinned_protocol,
        created_at=now,
    )
    return charger, password


def adopt_charger(
    charger: Charger,
    *,
    trust: Trust,
    now: datetime,
    keep_presented: bool = False,
    adopted_by: AbstractBaseUser | None = None,
) -> str | None:
    """Take a charger out of the waiting room.

    By default it gets a new password, told here once and sent to it where it is online; the charger confirms it by
    connecting with it. `keep_presented` trusts the password that came with its handshake; `Trust.NOTHING` none at all.
    Both are explicit choices that the page warns of. Raises NoPasswordOffered.
    """
    if keep_presented and not charger.next_password_hmac:
        raise NoPasswordOffered(charger.identity)
    charger.standing = Standing.ADOPTED
    charger.trust = trust
    password: str | None = None
    # What it presented lets it in until it uses the new one.
    charger.password_hmac, charger.next_password_hmac = charger.next_password_hmac, ""
    charger.unused_password_hmacs = []
    if trust == Trust.PASSWORD and not keep_presented:
        password = make_password()
        charger.next_password_hmac = keyed_hash(password.encode())
    charger.save()
    transaction.on_commit(lambda: outbox.tell_standing(charger.pk, Standing.ADOPTED), robust=True)
    try:
        # A charger that was told Pending boots again only after its interval; asked, it does at once (B02, 1.6 §4.2).
        issue_command(charger, TriggerMessage(message="BootNotification"), issued_by=adopted_by, now=now)
        if password is not None:
            send_new_password(charger, password, sent_by=adopted_by, now=now)
    except ChargerOffline:
        # The password is typed in by hand then: the page shows it.
        return password
    return password


def refuse_charger(charger: Charger) -> None:
    """It is not let in any more. What it said in the waiting room stays for the record."""
    Charger.objects.filter(pk=charger.pk).update(standing=Standing.REFUSED)
    transaction.on_commit(lambda: outbox.tell_standing(charger.pk, Standing.REFUSED), robust=True)


def new_password(charger: Charger, now: datetime) -> str:
    """A new password, told once. What let the charger in until now holds until it has used a new one.

    That is its present password, or that it is trusted without any; and whatever was sent to it before: there is no
    moment at which it could hold one that we would not take (A01).
    """
    password = make_password()
    with transaction.atomic():
        row = Charger.objects.select_for_update().get(pk=charger.pk)
        sent_before = [*row.unused_password_hmacs, row.next_password_hmac] if row.next_password_hmac else []
        charger.unused_password_hmacs = sent_before[-UNUSED_KEPT:]
        charger.next_password_hmac = keyed_hash(password.encode())
        charger.save(update_fields=["next_password_hmac", "unused_password_hmacs"])
    return password


def send_new_password(
    charger: Charger, password: str, *, sent_by: AbstractBaseUser | None, now: datetime
) -> IssuedCommand:
    """Write the password into the charger. Raises ChargerOffline."""
    link = queries.link_of(charger.pk)
    if not link.is_online:
        raise ChargerOffline(charger, link.last_heard_at)
    setting = PASSWORD_SETTINGS[Protocol(link.protocol)]
    # 1.6 takes the key in hexadecimal; ours is made of hex digits, so that either reading of it is the same text.
    command = ChangeSettings(values=((setting, password),))
    return issue_command(charger, command, issued_by=sent_by, now=now, gives_our_password=True)
