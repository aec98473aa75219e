"""`python -m simulator run|record|yard`."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from simulator.clock import Clock, read_moment
from simulator.runner import YardRunner
from simulator.yard import BadYard, read_yard


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulator", description="A yard of virtual OCPP chargers.")
    parser.add_argument("--verbose", action="store_true")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="connect a yard to a server over WebSockets")
    run.add_argument("yard", type=Path)
    run.add_argument("--url", required=True, help="such as ws://127.0.0.1:8000/ocpp")
    run.add_argument("--moment", help="the virtual moment to begin at; default: now")
    run.add_argument("--rate", type=float, default=1.0, help="virtual seconds per real second")
    run.set_defaults(act=run_yard)
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO if asked.verbose else logging.WARNING, stream=sys.stderr)
    try:
        return int(asked.act(asked))
    except BadYard as reason:
        print(f"simulator: {reason}", file=sys.stderr)
        return 2


def run_yard(asked: argparse.Namespace) -> int:
    yard = read_yard(asked.yard)
    moment = read_moment(asked.moment) if asked.moment else None

    async def serve() -> None:
        runner = YardRunner(yard, asked.url, Clock(moment, asked.rate))
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, runner.stopping.set)
        await runner.run()
        print(json.dumps({"stopped": True}), flush=True)

    asyncio.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
