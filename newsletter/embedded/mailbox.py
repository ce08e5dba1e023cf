"""The built-in mail catcher: takes any mail by SMTP on 127.0.0.1, lets nothing out, shows it safely on a page.

For every message it writes one line (the recipient) to ``accepted.log`` before it answers 250, so that tests have an
honest witness of what was accepted. Bodies are kept in a spool, the newest few thousand can be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import html
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from newsletter.embedded.place import Place, program_of
from newsletter.errors import NotFound, Unavailable

HOST = "127.0.0.1"
KEPT = 5000  # messages that can be looked at
SPOOL_BYTES = 256 << 20  # then a new spool is begun, and the one before the last forgotten
LONGEST_MESSAGE = 32 << 20
LONGEST_LINE = 4096
PAGE_ROWS = 50
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Catcher:
    """A running mail catcher: where it takes mail, where it shows it, where it keeps it."""

    folder: Path
    pid: int
    smtp_host: str
    smtp_port: int
    page: str

    def count(self) -> int:
        """Return how many messages were accepted so far."""
        with (self.folder / "accepted.log").open("rb") as lines:
            return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))

    def save_newest(self, file: Path) -> Path:
        """Write the newest message as .eml and return its path; raises ``NotFound`` when there is none."""
        spools = sorted(self.folder.glob("spool-*"), key=lambda place: int(place.name.split("-")[1]))
        if not spools or not spools[-1].stat().st_size:
            raise NotFound("No message was caught yet.", where=str(self.folder))
        record = spools[-1].read_bytes().rsplit(RECORD_END, 2)[-2]
        file.write_bytes(record.split(b"\n", 1)[1].replace(b"\r\n..", b"\r\n."))
        return file


RECORD_END = b"\r\n.\r\n"  # cannot stand inside dot-stuffed content


def start(home: Path) -> Catcher:
    """Have the mail catcher of ``home`` running and return it; raises ``Unavailable`` when it does not start."""
    known = running(home)
    if known:
        return known
    folder = home / "mailbox"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", "newsletter.embedded.mailbox", "--folder", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    known = running(home)
    if known is None:
        words = done.stderr.decode(errors="replace")[-500:]
        raise Unavailable(f"The mail catcher did not start: {words}", where=str(folder), fix="See the message.")
    return known


def running(home: Path) -> Catcher | None:
    """Return the mail catcher of ``home`` when it runs."""
    try:
        seen = json.loads((home / "mailbox" / "address.json").read_text())
    except (OSError, ValueError):
        return None
    if not _is_catcher(int(seen["pid"])):
        return None
    return Catcher(home / "mailbox", seen["pid"], HOST, seen["smtp"], f"http://{HOST}:{seen['http']}/")


def stop(place: Place) -> bool:
    """Stop the mail catcher of a home; returns whether one was running."""
    known = running(place.home)
    if known is None:
        return False
    os.kill(known.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_catcher(known.pid):
        if time.monotonic() > deadline:
            os.kill(known.pid, signal.SIGKILL)
        time.sleep(0.02)
    return True


def _is_catcher(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return bool(program_of(pid)) and b"newsletter.embedded.mailbox" in words


@dataclass(frozen=True, slots=True)
class Caught:
    """Where one message lies in the spools."""

    number: int
    recipient: str
    spool: Path
    offset: int
    length: int


class Spool:
    """Append-only storage with an index of the newest messages in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.newest: deque[Caught] = deque(maxlen=KEPT)
        self.accepted = 0
        self._witness = os.open(folder / "accepted.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        for old in folder.glob("spool-*"):
            old.unlink()
        self._begin(1)

    def _begin(self, number: int) -> None:
        self._number, self._size = number, 0
        self._place = self.folder / f"spool-{number}"
        self._file = os.open(self._place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, recipients: list[bytes], content: bytes) -> None:
        """Keep one message (dot-stuffed, with its end) and bear witness for each of its recipients."""
        os.write(self._witness, b"".join(recipient + b"\n" for recipient in recipients))
        head = b",".join(recipients) + b"\n"
        os.writev(self._file, [head, content])
        offset, length = self._size + len(head), len(content)
        self._size += len(head) + length
        self.accepted += 1
        names = b", ".join(recipients).decode(errors="replace")
        self.newest.append(Caught(self.accepted, names, self._place, offset, length))
        if self._size > SPOOL_BYTES:
            os.close(self._file)
            (self.folder / f"spool-{self._number - 1}").unlink(missing_ok=True)
            self._begin(self._number + 1)

    def find(self, number: int) -> Caught | None:
        """Return a message by number when it is still kept."""
        first = self.newest[0].number if self.newest else 0
        at = number - first
        found = self.newest[at] if 0 <= at < len(self.newest) else None
        return found if found and found.spool.exists() else None

    @staticmethod
    def read(caught: Caught) -> bytes:
        """Return the message as it would lie in a mailbox."""
        with caught.spool.open("rb") as file:
            file.seek(caught.offset)
            content = file.read(caught.length)
        return content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")


class Conversation(asyncio.Protocol):
    """One SMTP connection (RFC 5321 with PIPELINING, RFC 2920)."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.buffer = bytearray()
        self.searched = 0
        self.sender: bytes | None = None
        self.recipients: list[bytes] = []
        self.in_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 mailbox ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers: list[bytes] = []
        while self._step(answers):
            pass
        if answers:
            self.transport.write(b"".join(answers))
        limit = LONGEST_MESSAGE if self.in_content else LONGEST_LINE
        if len(self.buffer) > limit:
            self.transport.write(b"500 5.5.2 too long\r\n")
            self.transport.close()

    def _step(self, answers: list[bytes]) -> bool:
        """Take one line or one message from the buffer; returns whether there was one."""
        return self._take_content(answers) if self.in_content else self._take_line(answers)

    def _take_content(self, answers: list[bytes]) -> bool:
        if self.buffer.startswith(b".\r\n") and not self.searched:
            end = 0  # an empty message
            size = 3
        else:
            end = self.buffer.find(RECORD_END, max(self.searched - 4, 0))
            size = end + 5
        if end < 0:
            self.searched = len(self.buffer)
            return False
        content = bytes(self.buffer[:size])
        del self.buffer[:size]
        self.spool.add(self.recipients, content)
        self.in_content, self.searched, self.sender, self.recipients = False, 0, None, []
        answers.append(b"250 2.0.0 caught\r\n")
        return True

    def _take_line(self, answers: list[bytes]) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end]).rstrip(b"\r")
        del self.buffer[: end + 1]
        answers.append(self._answer(line))
        return not self.transport.is_closing()

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-mailbox\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
        if verb == b"MAIL":
            self.sender, self.recipients = _path(line), []
            return b"250 2.1.0 ok\r\n"
        if verb == b"RCPT":
            if self.sender is None:
                return b"503 5.5.1 MAIL first\r\n"
            self.recipients.append(_path(line))
            return b"250 2.1.5 ok\r\n"
        if verb == b"DATA":
            if not self.recipients:
                return b"503 5.5.1 RCPT first\r\n"
            self.in_content, self.searched = True, 0
            return b"354 go on\r\n"
        if verb == b"RSET":
            self.sender, self.recipients = None, []
        if verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
            return b""
        known = verb in (b"HELO", b"RSET", b"NOOP")
        return b"250 2.0.0 ok\r\n" if known else b"502 5.5.2 unknown\r\n"


def _path(line: bytes) -> bytes:
    start, end = line.find(b"<"), line.rfind(b">")
    return line[start + 1 : end].replace(b"\n", b"") if 0 <= start < end else line[5:].strip()


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.4rem;border-bottom:1px solid #8884}"
    "iframe{width:100%;height:70vh;border:1px solid #8884;background:#fff}pre{white-space:pre-wrap;overflow-wrap:anywhere}"
)
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Pages:
    """The web page of the mail catcher; everything that came by mail is shown as text or in a sandbox."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one HTTP request and close."""
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            writer.write(self._answer(head))
            await writer.drain()
        writer.close()

    def _answer(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
        if host.rsplit(":", 1)[0] not in (HOST, "localhost"):
            return _http("403 Forbidden", "text/plain", "This page is for this machine only.")
        method, _, rest = first.partition(" ")
        url = urlsplit(rest.rsplit(" ", 1)[0])
        if method != "GET":
            return _http("405 Method Not Allowed", "text/plain", "Only GET.")
        parts = [part for part in url.path.split("/") if part]
        if not parts:
            return self._list(parse_qs(url.query))
        caught = self.spool.find(int(parts[0])) if parts[0].isdecimal() else None
        if caught is None:
            return _http("404 Not Found", "text/plain", "There is no such message (any more).")
        raw = self.spool.read(caught)
        view = parts[1] if len(parts) > 1 else ""
        if view == "raw":
            return _http("200 OK", "text/plain", raw.decode(errors="replace"))
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        if view == "html":
            return _http("200 OK", "text/html", _body(message, "html"), MAIL_POLICY)
        return _http("200 OK", "text/html", _message_page(caught, message), PAGE_POLICY)

    def _list(self, query: dict[str, list[str]]) -> bytes:
        wanted = query.get("q", [""])[0].strip().lower()
        page = int(query["page"][0]) if query.get("page", [""])[0].isdecimal() else 1
        found = [caught for caught in reversed(self.spool.newest) if wanted in caught.recipient.lower()]
        rows = "".join(
            f'<tr><td><a href="/{caught.number}">{caught.number}</a></td><td>{html.escape(caught.recipient)}</td>'
            f"<td>{html.escape(self._subject(caught))}</td></tr>"
            for caught in found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        )
        older = f'<a href="/?q={quote(wanted)}&amp;page={page + 1}">Older</a>' if len(found) > page * PAGE_ROWS else ""
        body = (
            f"<h1>Caught mail</h1><p>{self.spool.accepted} accepted. Nothing left this machine.</p>"
            f'<form><label>Address <input name="q" value="{html.escape(wanted, quote=True)}"></label> <button>Find</button></form>'
            f"<table><thead><tr><th>No.</th><th>To</th><th>Subject</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{older}</p>"
        )
        return _http("200 OK", "text/html", _page("Caught mail", body), PAGE_POLICY)

    def _subject(self, caught: Caught) -> str:
        if not caught.spool.exists():
            return ""
        head = self.spool.read(caught).split(b"\r\n\r\n", 1)[0]
        return str(message_from_bytes(head, policy=policy.default).get("subject", ""))


def _message_page(caught: Caught, message: EmailMessage) -> str:
    headers = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>" for name, value in message.items()
    )
    return _page(
        f"Message {caught.number}",
        f'<p><a href="/">All mail</a> · <a href="/{caught.number}/raw">Raw</a></p><h1>Message {caught.number}</h1>'
        f'<iframe sandbox src="/{caught.number}/html" title="HTML part"></iframe>'
        f"<h2>Text part</h2><pre>{html.escape(_body(message, 'plain'))}</pre>"
        f"<h2>Headers</h2><table>{headers}</table>",
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    return content.decode(errors="replace") if isinstance(content, bytes) else ""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _http(status: str, kind: str, body: str, rules: str = "default-src 'none'") -> bytes:
    content = body.encode(errors="replace")
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(content)}\r\n"
        f"Content-Security-Policy: {rules}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content


async def _serve(spool: Spool, smtp: socket.socket, http: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, ended.set)
    await loop.create_server(lambda: Conversation(spool), sock=smtp, backlog=512)
    await asyncio.start_server(Pages(spool).serve, sock=http)
    await ended.wait()


def _bound(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((HOST, port))
    taken.listen(512)
    return taken


def main(words: Iterable[str] | None = None) -> None:
    """Bind the ports, write ``address.json``, and go on in the background, in a session of its own."""
    parser = argparse.ArgumentParser(description="Catch mail on 127.0.0.1.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    given = parser.parse_args(None if words is None else list(words))
    smtp, http = _bound(given.smtp_port), _bound(given.http_port)
    spool = Spool(given.folder)
    child = os.fork()
    if child:
        place = given.folder / "address.json"
        fresh = place.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": child, "smtp": smtp.getsockname()[1], "http": http.getsockname()[1]}))
        fresh.rename(place)
        os._exit(0)
    os.setsid()
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123  a descriptor is needed, not a path
        for stream in (0, 1, 2):
            os.dup2(nothing.fileno(), stream)
    asyncio.run(_serve(spool, smtp, http))
    (given.folder / "address.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
