"""The only witness: an SMTP sink in a process of its own.

It writes one line (recipient, tab, Unix seconds when it asked for the content) for every message at the final dot,
before it answers 250. ``rules`` say what it does otherwise and may be changed while it runs (``Sink.follow``):
``mail``, ``answer``, ``greeting``: what it says there, always; ``rcpt``: {part of an address: [reply or "cut", times]},
0 times for always, and {} in a reply is the address; ``delay``: seconds before an answer; ``cut_in_body``,
``cut_after_dot``, ``bye_after``: see below;
``without``: abilities it does not have; ``with``: more of them; ``certificate``: a file with key and chain for TLS
after STARTTLS (read at the start), ``implicit``: TLS from the first octet; ``at``: {phase: fault}, where a phase is
greeting, ehlo, starttls, auth, mail, rcpt, data, body, dot (nothing is witnessed) or answer (it is), and a fault has
``say`` (a reply), ``raw`` (octets without an end), ``repeat`` (the octets so often), ``cut`` (close), and strikes
``every`` so many, ``times`` times; a fault without any of these is silence. Run it as a program or use ``sink``.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import ssl
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

    def __init__(self, server: Server, sock: socket.socket, host: str) -> None:
        self.server, self.sock, self.host = server, sock, host
        self.buffer = bytearray()
        self.in_data = False
        self.recipient = ""
        self.refused = False
        self.messages = 0
        self.began = 0.0
        self.mute = False
        self.delayed_until = 0.0
        self.waiting = 0  # replies that have to wait

    def feed(self, octets: bytes) -> None:
        self.buffer += octets
        while not self.sock._closed and not self.mute:  # type: ignore[attr-defined]
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    if self.server.rules.get("cut_in_body") or (self.buffer and self.strike("body")):
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
            known = [one for one in ABILITIES if one not in rules.get("without", [])] + rules.get("with", [])
            self.reply("ehlo", "\r\n".join(f"250-{one}" for one in known[:-1]) + f"\r\n250 {known[-1]}")
        elif word == "STAR":
            if self.reply("starttls", "220 go ahead") and self.server.tls is not None:
                self.wrap(self.server.tls)
        elif word == "AUTH":
            self.reply("auth", "235 2.7.0 welcome")
        elif word == "MAIL":
            self.refused = not self.reply("mail", rules.get("mail", "250 2.1.0 Ok"))
        elif word == "RCPT":
            self.recipient = line[line.find("<") + 1 : line.find(">")]
            answer = self.server.answer_to(self.recipient) or "250 2.1.5 Ok"
            if answer == "cut":
                self.close()
                return
            self.refused = not self.reply("rcpt", answer) or not answer.startswith("2") or self.refused
        elif word == "DATA":
            if self.refused or "mail" in rules:
                self.say("503 5.5.1 no recipient")
            else:
                self.began = time.time()
                self.in_data = self.reply("data", "354 go on")
        elif word == "QUIT":
            self.say("221 bye")
            self.close()
        else:
            self.say("250 2.0.0 Ok")

    def message(self, content: bytes) -> None:
        rules = self.server.rules
        self.messages += 1
        answer = rules.get("answer", "250 2.0.0 Ok")
        if self.strike("dot"):
            return
        if rules.get("cut_after_dot") and self.messages % int(rules["cut_after_dot"]) == 0:
            self.server.witness(self, content)
            self.close()
            return
        if answer.startswith("2"):
            self.server.witness(self, content)
        self.reply("answer", answer)
        if rules.get("bye_after") and self.messages >= int(rules["bye_after"]):
            self.say("421 4.3.2 enough")
            self.close()

    def strike(self, phase: str) -> bool:
        """Do what a fault of this phase says; False when there is none."""
        fault = self.server.fault(phase)
        if fault is None:
            return False
        if "say" in fault:
            self.write(str(fault["say"]))
        if "raw" in fault:
            self.write(str(fault["raw"]) * int(str(fault.get("repeat", 1))), end="")
        if fault.get("cut"):
            self.close()
        self.mute = not fault.keys() & {"say", "raw", "cut"}
        return True

    def reply(self, phase: str, text: str) -> bool:
        """Say it, unless a fault strikes."""
        if self.strike(phase):
            return False
        self.say(text)
        return True

    def wrap(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS; whoever fails to shake hands is gone."""
        self.server.selector.unregister(self.sock)
        self.sock.settimeout(5)
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except (OSError, ssl.SSLError):
            self.sock.close()
            return
        self.server.selector.register(self.sock, selectors.EVENT_READ, self)

    def say(self, text: str) -> None:
        delay = float(self.server.rules.get("delay", 0))
        if delay and text.startswith("250 2.0.0"):
            self.delayed_until = time.monotonic() + delay
        if self.delayed_until > time.monotonic() or self.waiting:  # what follows keeps its place
            self.waiting += 1
            self.server.later.append((self.delayed_until, self, text))
            return
        self.write(text)

    def write(self, text: str, *, end: str = "\r\n") -> None:
        try:
            self.sock.sendall((text + end).encode())
        except OSError:
            self.close()

    def close(self) -> None:
        self.server.forget(self)


class Server:
    """All connections, one thread."""

    def __init__(self, log: Path, rules: dict[str, object], spool: Path | None) -> None:
        self.rules = rules
        self.struck: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.tls: ssl.SSLContext | None = None
        if "certificate" in rules:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(str(rules["certificate"]))
        self.log = log.open("ab", buffering=0)
        self.spool = spool
        self.later: list[tuple[float, Session, str]] = []
        self.seen: Counter[str] = Counter()
        self.open = self.most = 0  # connections now, and at once so far
        self.selector = selectors.DefaultSelector()

    def serve(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ, None)
        while True:
            ready = self.selector.select(0.005 if self.later else 1)
            for key, _ in sorted(ready, key=lambda one: one[0].data is None):  # who left is gone before others come
                if key.data is None:
                    self.accept(listener)
                else:
                    self.read(key.data)
            now = time.monotonic()
            due = [entry for entry in self.later if entry[0] <= now]
            if due:
                self.later = [entry for entry in self.later if entry[0] > now]
                for _, session, text in due:
                    session.waiting -= 1
                    session.write(text)

    def accept(self, listener: socket.socket) -> None:
        sock, (host, *_) = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if "greeting" in self.rules:
            sock.sendall(str(self.rules["greeting"]).encode() + b"\r\n")
            sock.close()
            return
        sock.settimeout(30)
        self.open += 1
        if self.open > self.most:
            self.most = self.open
            (Path(self.log.name).parent / "most").write_text(str(self.most))
        session = Session(self, sock, host)
        self.selector.register(sock, selectors.EVENT_READ, session)
        if self.tls is not None and self.rules.get("implicit"):
            session.wrap(self.tls)
        if session.sock.fileno() >= 0:
            session.reply("greeting", "220 sink.example ESMTP")

    def read(self, session: Session) -> None:
        try:
            octets = session.sock.recv(1 << 18)
            while isinstance(session.sock, ssl.SSLSocket) and session.sock.pending():
                octets += session.sock.recv(1 << 18)
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
            self.open -= 1

    def fault(self, phase: str) -> dict[str, object] | None:
        """The fault that strikes now in this phase."""
        known: dict[str, dict[str, object]] = self.rules.get("at", {})  # type: ignore[assignment]
        fault = known.get(phase)
        if fault is None:
            return None
        self.met[phase] += 1
        if self.met[phase] % int(str(fault.get("every", 1))):
            return None
        if self.struck[phase] >= int(str(fault.get("times", 10**9))):
            return None
        self.struck[phase] += 1
        return fault

    def answer_to(self, recipient: str) -> str:
        """The rule for a recipient: ``rcpt`` maps a part of the address to [answer, times] (0 = always)."""
        rules: dict[str, list[object]] = self.rules.get("rcpt", {})  # type: ignore[assignment]
        for part, (answer, times) in rules.items():
            if part in recipient:
                self.seen[recipient] += 1
                if not times or self.seen[recipient] <= int(str(times)):
                    return str(answer).replace("{}", recipient)
        return ""

    def witness(self, session: Session, content: bytes) -> None:
        os.write(self.log.fileno(), f"{session.recipient}\t{session.began:.6f}\n".encode())
        if self.spool is not None:
            with (self.spool / f"{time.monotonic_ns()}.eml").open("wb") as file:
                file.write(content.replace(b"\r\n..", b"\r\n."))


class Sink:
    """A running sink: its port and what it has seen."""

    def __init__(self, port: int, log: Path, spool: Path | None, process: subprocess.Popen[bytes]) -> None:
        self.port, self.log, self.spool, self.process = port, log, spool, process

    def accepted(self) -> list[str]:
        """The recipients of all messages it took responsibility for, in order."""
        return [recipient for recipient, _ in self.seen()]

    def seen(self) -> list[tuple[str, float]]:
        """The same with the Unix second at which it asked for the content."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(recipient, float(began)) for recipient, _, began in (line.partition("\t") for line in lines)]

    def most_connections(self) -> int:
        """How many connections were open at once, at the most."""
        return int((self.log.parent / "most").read_text())

    def follow(self, **rules: object) -> None:
        """Follow other rules from now on."""
        (self.log.parent / "rules.json").write_text(json.dumps(rules))
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)

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

    def reread(*_: object) -> None:
        server.rules = json.loads((options.log.parent / "rules.json").read_text())

    signal.signal(signal.SIGUSR1, reread)
    print(listener.getsockname()[1], flush=True)
    server.serve(listener)


if __name__ == "__main__":
    main()
