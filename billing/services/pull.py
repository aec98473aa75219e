"""Noting how far the feed has been pulled, and by whom."""

from datetime import datetime

from django.db import transaction

from billing.models import FeedReader


def note_pull(user_id: int, *, epoch: str, through_seq: int, now: datetime) -> None:
    """This user was given the feed up to `through_seq`. Reading an old page again takes nothing back."""
    with transaction.atomic():
        readers = FeedReader.objects.select_for_update()
        reader, is_new = readers.get_or_create(
            user_id=user_id, defaults={"epoch": epoch, "through_seq": through_seq, "pulled_at": now}
        )
        if is_new:
            return
        reader.through_seq = max(reader.through_seq, through_seq) if reader.epoch == epoch else through_seq
        reader.epoch = epoch
        reader.pulled_at = now
        reader.save(update_fields=["epoch", "through_seq", "pulled_at"])
