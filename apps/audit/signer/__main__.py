"""The signer's process: `python -m apps.audit.signer FOLDER SOCKET`.

It has no database, no settings and no network: a folder with keys, and a socket that only its user can open. Each
connection sends one JSON object on a line and gets one back.
"""

import argparse
import json
import os
import socketserver
import sys
from pathlib import Path
from threading import Lock

from apps.audit.signer.rules import Refused, Signer

LONGEST = 65_536  # bytes of a request


class Connection(socketserver.StreamRequestHandler):
    timeout = 5
    server: "Server"

    def handle(self) -> None:
        line = self.rfile.readline(LONGEST)
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise Refused("A request is a JSON object.")
            with self.server.one_at_a_time:
                answer = self.server.signer.answer(request)
        except (Refused, ValueError, RecursionError) as error:
            answer = {"refused": str(error)}
            print(f"Refused: {error}", flush=True)
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, folder: Path, path: Path) -> None:
        self.signer = Signer(folder)
        self.one_at_a_time = Lock()
        path.unlink(missing_ok=True)
        super().__init__(str(path), Connection)


def main() -> int:
    parser = argparse.ArgumentParser(description="Sign the audit logs' checkpoints.")
    parser.add_argument("folder", type=Path, help="where the keys are kept")
    parser.add_argument("socket", type=Path, help="the Unix socket to answer on")
    given = parser.parse_args()
    os.umask(0o077)
    given.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    given.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Server(given.folder, given.socket) as server:
        print(f"Signing on {given.socket}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
