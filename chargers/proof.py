"""Is a charger who it says it is? By nothing, a password, or a client certificate, and by no less than it must."""

from datetime import datetime

from chargers.certificates.door import note_arrival, prove_by_certificate
from chargers.certificates.judging import NotProven
from chargers.certificates.models import Profile, Security
from chargers.certificates.shown import Channel
from chargers.choices import Refusal, Standing, Trust
from chargers.credentials import basic_credentials, keyed_hash, password_fits
from chargers.models import Charger


def prove(charger: Charger, channel: Channel, authorization: bytes | None, *, at: datetime) -> bool:
    """True where something proved it; False where nothing was asked for. Raises NotProven.

    A higher profile than the required one is welcome: what the line has more than it must harms nobody.
    """
    told = basic_credentials(authorization)
    if charger.standing == Standing.WAITING:
        _remember_offered(charger, told)
        return False
    security: Security | None = getattr(charger, "security", None)
    required = security.required_profile if security else Profile.NOTHING
    if required >= Profile.TLS and not channel.is_encrypted:
        raise NotProven(Refusal.NOT_ENCRYPTED, f"Security profile {required} is required")
    if required == Profile.CERTIFICATE or (channel.certificate is not None and told is None):
        certificate = prove_by_certificate(charger, channel.certificate, at=at)
        note_arrival(charger, security, Profile.CERTIFICATE, certificate, at=at)
        return True
    if _comes_by_the_asked_certificate(charger, security, channel, at):
        return True
    if charger.trust == Trust.NOTHING and required == Profile.NOTHING and not _takes_up_a_new_one(charger, told):
        note_arrival(charger, security, Profile.NOTHING, None, at=at)
        return False
    _check_password(charger, told)
    note_arrival(charger, security, Profile.TLS if channel.is_encrypted else Profile.PASSWORD, None, at=at)
    return True


def _comes_by_the_asked_certificate(
    charger: Charger, security: Security | None, channel: Channel, at: datetime
) -> bool:
    """A charger on its way to profile 3 may send its old password beside the certificate, and may yet fall back."""
    if security is None or security.asked_profile != Profile.CERTIFICATE or channel.certificate is None:
        return False
    try:
        certificate = prove_by_certificate(charger, channel.certificate, at=at)
    except NotProven:
        return False
    note_arrival(charger, security, Profile.CERTIFICATE, certificate, at=at)
    return True


def _remember_offered(charger: Charger, told: tuple[str, bytes] | None) -> None:
    """What a stranger offers may be trusted at adoption, by an explicit choice; only its hash is kept."""
    offered = keyed_hash(told[1]) if told and told[1] else ""
    if charger.next_password_hmac != offered:
        Charger.objects.filter(pk=charger.pk).update(next_password_hmac=offered, password_offered=bool(offered))


def _check_password(charger: Charger, told: tuple[str, bytes] | None) -> None:
    if told is None or not told[1]:
        raise NotProven(Refusal.NO_PASSWORD, "")
    if not _is_named(charger, told):
        raise NotProven(Refusal.WRONG_USER, "")
    if not (password_fits(told[1], charger.password_hmac) or _takes_up_a_new_one(charger, told)):
        raise NotProven(Refusal.WRONG_PASSWORD, "")


def _is_named(charger: Charger, told: tuple[str, bytes]) -> bool:
    return told[0].casefold() == charger.identity.casefold()


def _takes_up_a_new_one(charger: Charger, told: tuple[str, bytes] | None) -> bool:
    """Does it use a password that was sent to it, or typed into it? From now on that is the one, and one is needed.

    One that was sent later may yet be taken: that it goes on by an earlier one says only that it had not been then.
    """
    if told is None or not told[1] or not _is_named(charger, told):
        return False
    row = Charger.objects.select_for_update().only("unused_password_hmacs", "next_password_hmac").get(pk=charger.pk)
    sent = [*row.unused_password_hmacs, row.next_password_hmac]
    used = next((place for place, stored in enumerate(sent) if password_fits(told[1], stored)), None)
    if used is None:
        return False
    later = sent[used + 1 :]
    charger.trust, charger.password_hmac = Trust.PASSWORD, sent[used]
    charger.unused_password_hmacs, charger.next_password_hmac = later[:-1], later[-1] if later else ""
    charger.save(update_fields=["trust", "password_hmac", "unused_password_hmacs", "next_password_hmac"])
    return True
