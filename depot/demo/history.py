"""A past month for the demo: the simulator writes the frames its chargers would have sent, and they are told again."""

import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings

from depot import replay

INTERVAL_S = 900


def write(yard_file: Path, begins: datetime, ends: datetime) -> replay.Tally:
    """The yard's days between two moments, through the same dialects and handlers as any charger's word."""
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder) / "history.jsonl.gz"
        subprocess.run(
            [
                sys.executable, "-m", "simulator", "record", str(yard_file), "--from", begins.isoformat(),
                "--to", ends.isoformat(), "--interval", str(INTERVAL_S), "--out", str(frames),
            ],
            cwd=settings.BASE_DIR,
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return replay.replay(frames)
