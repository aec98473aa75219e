"""How makers differ where the specification leaves room, or where they leave the specification."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    boots_on_reconnect: bool = True
    authorizes_first: bool = False
    # Message ids as "36:352" instead of random ones; they repeat after each reboot.
    counts_message_ids: bool = False
    # After a reconnect a status is told with the time it came about, not with the time of telling.
    keeps_status_times: bool = False
    tells_station_status: bool = True
    samples_dc_side: bool = False
    takes_profiles: bool = True
    # Sends everything at once after the boot, before it is answered.
    pipelines: bool = False
    # After a reconnect the present state goes before the queued past.
    tells_live_first: bool = True
    answers_hard_reset: bool = True
    soft_reset_keeps_link: bool = True
    status_by_notify_event: bool = False
    # Resumes the running transaction after a power cut instead of ending it.
    resumes_after_power_loss: bool = False
    # Speaks ISO 15118 with its vehicles, and passes on what they want (2.x K15).
    tells_needs: bool = False


MANNERS = {
    "plain": Manners(),
    # AC points as the big networks' ones might behave once they are homed elsewhere. Nothing public is known of
    # their wire behaviour: this is the specification's middle road, and no claim about any maker.
    "chargepoint": Manners(authorizes_first=True),
    "chargepoint_notify": Manners(authorizes_first=True, status_by_notify_event=True),
    # As seen in a public log of a DC unit of the Terra family.
    "abb_dc": Manners(
        boots_on_reconnect=False,
        counts_message_ids=True,
        keeps_status_times=True,
        samples_dc_side=True,
        takes_profiles=False,
    ),
    # As seen with independent charger programs.
    "pipeline": Manners(pipelines=True, counts_message_ids=True),
    # What ISO 15118 makes known of a vehicle goes on to the server.
    "iso15118": Manners(tells_needs=True),
    "resumes": Manners(resumes_after_power_loss=True),
    "abrupt": Manners(answers_hard_reset=False, soft_reset_keeps_link=False, tells_live_first=False),
}
