"""`python -m simulator run|record|yard`."""

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from simulator.clock import Clock, read_moment
from simulator.control import ControlPort, make_server, open_socket
from simulator.frames import SUBPROTOCOLS
from simulator.recorder import record_to_file
from simulator.runner import YardRunner
from simulator.surroundings import LinkTimes
from simulator.yard import BadYard, YardPlan, read_yard
from simulator.yard_maker import make_bench, make_demo, write_yard


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulator", description="A yard of virtual OCPP chargers.")
    parser.add_argument("--verbose", action="store_true")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="connect a yard to a server over WebSockets")
    run.add_argument("yard", type=Path)
    run.add_argument("--url", required=True, help="such as ws://127.0.0.1:8000/ocpp")
    run.add_argument("--moment", type=read_moment, help="the virtual moment to begin at; default: now")
    run.add_argument("--rate", type=float, default=1.0, help="virtual seconds per real second")
    run.add_argument("--pace", type=float, default=1.0, help="multiplies the link's real seconds: time-outs, retries")
    run.add_argument("--control-port", type=int, help="0 takes a free port; it is printed as a JSON line")
    run.add_argument("--control-token", default="", help="what the control port's callers must show")
    run.add_argument("--passwords", type=Path, help="JSON file: identity to password, over those of the yard")
    run.add_argument("--memory", type=Path, help="what the yard remembers from its last run; written at a clean end")
    run.set_defaults(act=run_yard)
    run.add_argument(
        "--until-stdin-closes", action="store_true", help="end when whoever started this is gone, however it went"
    )
    record = commands.add_parser("record", help="write the frames of past days to a file, at full speed")
    record.add_argument("yard", type=Path)
    record.add_argument("--from", dest="since", type=read_moment, required=True)
    record.add_argument("--to", dest="until", type=read_moment, required=True)
    record.add_argument("--interval", type=int, default=900, help="seconds between meter values")
    record.add_argument("--out", type=Path, required=True)
    record.add_argument("--memory", type=Path, help="where registers and batteries of the last moment go")
    record.set_defaults(act=record_yard)
    yard = commands.add_parser("yard", help="print a yard file: the demo's, or one of any size")
    yard.add_argument("--chargers", type=int, help="how many; default: the demo yard")
    yard.add_argument("--versions", nargs="+", default=["1.6"], choices=sorted(SUBPROTOCOLS))
    yard.add_argument("--evses", type=int, default=1)
    yard.add_argument("--seed", type=int, default=1)
    yard.set_defaults(act=print_yard)
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if asked.verbose else logging.WARNING, stream=sys.stderr)
    try:
        return int(asked.act(asked))
    except BadYard as reason:
        print(f"simulator: {reason}", file=sys.stderr)
        return 2


def run_yard(asked: argparse.Namespace) -> int:
    yard = read_yard(asked.yard)
    if asked.passwords:
        yard = _set_passwords(yard, _read_passwords(asked.passwords))

    async def serve() -> None:
        times = LinkTimes().paced(asked.pace)
        runner = YardRunner(yard, asked.url, Clock(asked.moment, asked.rate), times=times, memory=asked.memory)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, runner.stopping.set)
        if asked.until_stdin_closes:
            threading.Thread(target=_wait_for_end_of_input, args=(loop, runner.stopping), daemon=True).start()
        if asked.control_port is None:
            await runner.run()
        else:
            await _run_controlled(runner, asked.control_port, asked.control_token or secrets.token_urlsafe(24))

    asyncio.run(serve())
    return 0


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    # A pipe whose other end was killed ends like one that was closed.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    loop.call_soon_threadsafe(stopping.set)


async def _run_controlled(runner: YardRunner, port: int, token: str) -> None:
    listener = open_socket(port)
    server = make_server(ControlPort(runner, token))
    port = listener.getsockname()[1]
    # Whoever gave the token knows it; a token made here has to be told.
    print(json.dumps({"control_port": port, "control_token": token}), flush=True)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await runner.run()
    finally:
        server.should_exit = True
        await serving


def _read_passwords(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as reason:
        raise BadYard(f"{path}: {reason}") from reason


def _set_passwords(yard: YardPlan, passwords: dict[str, str]) -> YardPlan:
    chargers = (replace(each, password=passwords.get(each.identity, each.password)) for each in yard.chargers)
    return replace(yard, chargers=tuple(chargers))


def record_yard(asked: argparse.Namespace) -> int:
    yard = read_yard(asked.yard)
    recorder = record_to_file(yard, asked.since, asked.until, asked.out, interval_s=asked.interval, memory=asked.memory)
    print(json.dumps({"frames": recorder.frames, "out": str(asked.out)}), flush=True)
    return 0


def print_yard(asked: argparse.Namespace) -> int:
    yard = (
        make_demo()
        if asked.chargers is None
        else make_bench(asked.chargers, asked.versions, evses=asked.evses, seed=asked.seed)
    )
    sys.stdout.write(write_yard(yard))
    return 0


if __name__ == "__main__":
    sys.exit(main())
