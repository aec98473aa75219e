"""`python -m simulator`, as whoever starts it as a process meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 20


@pytest.fixture
def yard_file(tmp_path: Path) -> Path:
    made = subprocess.run(
        [sys.executable, "-m", "simulator", "yard", "--chargers", "2"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    path = tmp_path / "yard.json"
    path.write_bytes(made.stdout)
    return path


def test_it_ends_with_whoever_started_it(yard_file: Path) -> None:
    # Nobody listens there: the chargers try again and again, and would for ever.
    command = [sys.executable, "-m", "simulator", "run", str(yard_file), "--url", "ws://127.0.0.1:9/ocpp"]
    process = subprocess.Popen(
        [*command, "--control-port", "0", "--until-stdin-closes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdin
    try:
        process.stdout.readline()
        was_running = process.poll() is None

        process.stdin.close()

        assert was_running
        assert process.wait(ENDS_WITHIN_S) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
