"""The only witness: an SMTP sink in a process of its own.

It writes one line (recipient, SHA-256 of the content's first octets) for every message at the final dot, before it
answers 250. ``rules`` say what it does otherwise; see ``Rules``. Run it as a program or use ``Sink``.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ABILITIES = ["sink.example", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]


class Session:
    """One connection's state."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self.buffer = bytearray()
        self.in_data = False
        self.recipient = ""
        self.refused = False
        self.messages = 0

    def feed(self, octets: bytes) -> None:
        self.buffer += octets
        while not self.sock._closed:  # type: ignore[attr-defined]
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    if self.server.rules.get("cut_in_body"):
                        self.close()
                    return
                content = bytes(self.buffer[: end + 2])
                del self.buffer[: end + 5]
                self.in_data = False
                self.message(content)
            else:
                end = self.buffer.find(b"\n")
                if end < 0:
                    return
                line = bytes(self.buffer[:end]).rstrip(b"\r").decode("utf-8", "replace")
                del self.buffer[: end + 1]
                self.command(line)

    def command(self, line: str) -> None:
        word, rules = line[:4].upper(), self.server.rules
        if word == "EHLO":
            known = [one for one in ABILITIES if one not in rules.get("without", [])]
            self.say("\r\n".join(f"250-{one}" for one in known[:-1]) + f"\r\n250 {known[-1]}")
        elif word == "MAIL":
            self.say(rules.get("mail", "250 2.1.0 Ok"))
        elif word == "RCPT":
            self.recipient = line[line.find("<") + 1 : line.find(">")]
            answer = self.server.answer_to(self.recipient) or "250 2.1.5 Ok"
            self.refused = not answer.startswith("2")
            self.say(answer)
        elif word == "DATA":
            if self.refused or "mail" in rules:
                self.say("503 5.5.1 no recipient")
            else:
                self.in_data = True
                self.say("354 go on")
        elif word == "QUIT":
            self.say("221 bye")
            self.close()
        else:
            self.say("250 2.0.0 Ok")

    def message(self, content: bytes) -> None:
        rules = self.server.rules
        self.messages += 1
        answer = rules.get("answer", "250 2.0.0 Ok")
        if rules.get("cut_after_dot") and self.messages % int(rules["cut_after_dot"]) == 0:
            self.server.witness(self.recipient, content)
            self.close()
            return
        if answer.startswith("2"):
            self.server.witness(self.recipient, content)
        self.say(answer)
        if rules.get("bye_after") and self.messages >= int(rules["bye_after"]):
            self.say("421 4.3.2 enough")
            self.close()

    def say(self, text: str) -> None:
        delay = float(self.server.rules.get("delay", 0))
        if delay and text.startswith("250 2.0.0"):
            self.server.later.append((time.monotonic() + delay, self, text))
            return
        self.write(text)

    def write(self, text: str) -> None:
        try:
            self.sock.sendall(text.encode() + b"\r\n")
        except OSError:
            self.close()

    def close(self) -> None:
        self.server.forget(self)


class Server:
    """All connections, one thread."""

    def __init__(self, log: Path, rules: dict[str, object], spool: Path | None) -> None:
        self.rules = rules
        self.log = log.open("ab", buffering=0)
        self.spool = spool
        self.later: list[tuple[float, Session, str]] = []
        self.seen: Counter[str] = Counter()
        self.selector = selectors.DefaultSelector()

    def serve(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ, None)
        while True:
            for key, _ in self.selector.select(0.005 if self.later else 1):
                if key.data is None:
                    self.accept(listener)
                else:
                    self.read(key.data)
            now = time.monotonic()
            due = [entry for entry in self.later if entry[0] <= now]
            if due:
                self.later = [entry for entry in self.later if entry[0] > now]
                for _, session, text in due:
                    session.write(text)

    def accept(self, listener: socket.socket) -> None:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if "greeting" in self.rules:
            sock.sendall(str(self.rules["greeting"]).encode() + b"\r\n")
            sock.close()
            return
        session = Session(self, sock)
        self.selector.register(sock, selectors.EVENT_READ, session)
        session.write("220 sink.example ESMTP")

    def read(self, session: Session) -> None:
        try:
            octets = session.sock.recv(1 << 18)
        except OSError:
            octets = b""
        if octets:
            session.feed(octets)
        else:
            self.forget(session)

    def forget(self, session: Session) -> None:
        if session.sock.fileno() >= 0:
            self.selector.unregister(session.sock)
            session.sock.close()

    def answer_to(self, recipient: str) -> str:
        """The rule for a recipient: ``rcpt`` maps a part of the address to [answer, times] (0 = always)."""
        rules: dict[str, list[object]] = self.rules.get("rcpt", {})  # type: ignore[assignment]
        for part, (answer, times) in rules.items():
            if part in recipient:
                self.seen[recipient] += 1
                if not times or self.seen[recipient] <= int(str(times)):
                    return str(answer)
        return ""

    def witness(self, recipient: str, content: bytes) -> None:
        os.write(self.log.fileno(), recipient.encode() + b"\n")
        if self.spool is not None:
            with (self.spool / f"{time.monotonic_ns()}.eml").open("wb") as file:
                file.write(content.replace(b"\r\n..", b"\r\n."))


class Sink:
    """A running sink: its port and what it has seen."""

    def __init__(self, port: int, log: Path, spool: Path | None, process: subprocess.Popen[bytes]) -> None:
        self.port, self.log, self.spool, self.process = port, log, spool, process

    def accepted(self) -> list[str]:
        """The recipients of all messages it took responsibility for, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def messages(self) -> list[bytes]:
        """The messages as files, when a spool was asked for."""
        assert self.spool is not None
        return [place.read_bytes() for place in sorted(self.spool.iterdir())]


@contextmanager
def sink(folder: Path, *, spool: bool = False, port: int = 0, **rules: object) -> Iterator[Sink]:
    """Run a sink for the time of the block; ``rules`` as in the module's docstring."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "spool"
    if spool:
        place.mkdir(exist_ok=True)
    command = [sys.executable, __file__, "--log", str(folder / "accepted.log"), "--rules", json.dumps(rules)]
    command += ["--port", str(port)] + (["--spool", str(place)] if spool else [])
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    bound = int(process.stdout.readline())
    try:
        yield Sink(bound, folder / "accepted.log", place if spool else None, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def main() -> None:
    """Serve until SIGTERM; print the port first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--spool", type=Path)
    parser.add_argument("--rules", type=json.loads, default={})
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.create_server(("127.0.0.1", options.port), backlog=512, reuse_port=False)
    server = Server(options.log, options.rules, options.spool)
    print(listener.getsockname()[1], flush=True)
    server.serve(listener)


if __name__ == "__main__":
    main()
