"""`prosopon log serve`: the log's files over HTTP, read only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prosopon.app.console import Console
from prosopon.core.errors import ExitCode, MissingError


@dataclass(frozen=True)
class LogServe:
    """Offer the log over HTTP until Ctrl-C: the static files of tlog-tiles, read only.

    They can as well be copied to any web server. Only this machine can reach it unless --host says otherwise.
    """

    log: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Another log than the usual one."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all networks that this machine is in."""
    port: int = 8090
    """0 for any that is free."""


def run(args: LogServe, console: Console) -> int:
    """Serve until somebody stops it."""
    from prosopon.vouch.log.own_keys import log_folder
    from prosopon.vouch.log.reading import CHECKPOINT
    from prosopon.vouch.log.serving import log_server

    folder = log_folder() if args.log is None else args.log
    if not (folder / CHECKPOINT).is_file():
        raise MissingError(f"there is no log in {folder}", "make one: prosopon log add FILE")
    with log_server(folder, args.host, args.port) as server:
        host, port = server.server_address[:2]
        address = f"http://{f'[{host!s}]' if ':' in str(host) else host!s}:{port}"
        try:
            console.note(f"the log {folder} is at {address} until Ctrl-C")
            console.answer({"log": folder, "address": address})
            server.serve_forever()
        except KeyboardInterrupt:
            console.say("stopped")
    return ExitCode.FINE
