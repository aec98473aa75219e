"""A past month for the demo: the simulator writes the frames its chargers would have sent, and they are told again."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings

from depot import replay

INTERVAL_S = 900


def record(yard_file: Path, begins: datetime, ends: datetime, *, frames: Path, memory: Path) -> None:
    """The yard's days between two moments, as frames; `memory` is where its chargers and vehicles stand at the end."""
    subprocess.run(
        [
            sys.executable, "-m", "simulator", "record", str(yard_file), "--from", begins.isoformat(),
            "--to", ends.isoformat(), "--interval", str(INTERVAL_S), "--out", str(frames), "--memory", str(memory),
        ],
        cwd=settings.BASE_DIR,
        check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def tell(frames: Path) -> replay.Tally:
    """Through the same dialects and handlers as any charger's word."""
    try:
        return replay.replay(frames)
    finally:
        frames.unlink()
