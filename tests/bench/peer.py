"""AWS for one licence, in a process of its own, so that its work is not measured.

`python -m tests.bench.peer` reads what to answer from its input, by table or parameter, and prints its port.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Peer(BaseHTTPRequestHandler):
    """Answers as it was told, over connections that stay open, with the headers that DynamoDB sends."""

    protocol_version = "HTTP/1.1"
    answers: Mapping[str, bytes] = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # By table, or by name of the parameter.
        body = self.answers[asked.get("TableName") or asked["Name"]]
        head = "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
        head += f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n"
        head += f"Connection: keep-alive\r\nx-amzn-RequestId: {'4KBNVRGD25' * 5}\r\n\r\n"
        self.wfile.write(head.encode() + body)


@contextmanager
def peer(answers: Mapping[str, Any]) -> Iterator[str]:
    """The address of an AWS that answers so."""
    command = [sys.executable, "-m", "tests.bench.peer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        told: Any = process.stdin
        port: Any = process.stdout
        told.write(json.dumps(answers) + "\n")
        told.flush()
        yield f"http://127.0.0.1:{int(port.readline())}"
        process.terminate()


def main() -> None:
    """Serve until terminated."""
    Peer.answers = {name: json.dumps(one).encode() for name, one in json.loads(sys.stdin.readline()).items()}
    with ThreadingHTTPServer(("127.0.0.1", 0), Peer) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
