"""The client's side of SMTP as pure state: octets in, octets out, happenings (RFC 5321, 2920, 3207, 4954, 6531).

One recipient a transaction. With PIPELINING the content, its final dot and the next MAIL, RCPT and DATA leave in
one write, so a message costs one round trip. The final dot is only ever written behind a whole message.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from dataclasses import dataclass, field

from newsletter.delivery.transport import (
    ANSWER,
    DATA,
    MAIL,
    OUT_OF_STEP,
    RCPT,
    SESSION,
    Answered,
    Down,
    Envelope,
    Happening,
    Offered,
    Reply,
    Up,
)

LONGEST_LINE = 4096  # octets of one reply line we are willing to hold; RFC 5321 allows 512
MOST_LINES = 100
ROUND = 4  # replies to one message's content and the next one's MAIL, RCPT and DATA
_ROUND = re.compile(  # the relay's whole answer to content and next envelope when all is well: one line each
    rb"(250 [^\r\n]{0,4000})\r\n(?:25[012] [^\r\n]{0,4000}\r\n){2}354 [^\r\n]{0,4000}\r\n"
)
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|\Z)")
GREETING, EHLO, HELO, STARTTLS, AUTH, RSET, QUIT = "greeting", "ehlo", "helo", "starttls", "auth", "rset", "quit"


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password for AUTH."""

    user: str
    password: str = field(repr=False)


class Conversation:
    """One SMTP session from the greeting on. Feed ``receive`` and ``lost``, write out what ``take`` returns."""

    def __init__(self, *, name: str, login: Login | None = None, starttls: str = "none", secured: bool = False) -> None:
        """``name`` is what EHLO says; ``starttls`` is none, offered (when the relay has it) or required."""
        self.offers_utf8 = False
        self.wants_tls = False  # the relay said yes to STARTTLS: wrap the socket, then call ``secure``
        self.over = False
        self._name, self._login, self._starttls, self._secured = name, login, starttls, secured
        self._pipelining = False
        self._abilities: dict[str, str] = {}
        self._answers: list[str] = []  # to AUTH LOGIN, last first
        self._expected: deque[tuple[str, Envelope | None]] = deque([(GREETING, None)])
        self._failed: Envelope | None = None  # its further replies mean nothing
        self._open_transaction = False
        self._unanswered: Envelope | None = None
        self._next: Envelope | None = None
        self._buffer = b""
        self._lines: list[bytes] = []
        self._out: list[bytes] = []

    def take(self) -> list[bytes]:
        """Return the octets to write now, in pieces."""
        out, self._out = self._out, []
        return out

    def offer(self, envelope: Envelope) -> None:
        """Begin a transaction; see ``Channel.offer``."""
        self._begin(envelope)

    def send(self, content: bytes, then: Envelope | None) -> None:
        """Hand over dot-stuffed content that ends in CRLF; see ``Channel.send``."""
        kind, envelope = self._expected.popleft()
        if kind != "content" or self._expected:
            raise RuntimeError("content without an offer")
        self._unanswered = envelope
        self._open_transaction = False
        self._out.append(content)
        self._out.append(b".\r\n")
        self._expected.append((ANSWER, envelope))
        if then is None:
            return
        if self._pipelining:
            self._begin(then)
        else:
            self._next = then

    def leave(self) -> None:
        """Say QUIT."""
        self._out.append(b"QUIT\r\n")
        self._expected.append((QUIT, None))

    def secure(self) -> None:
        """The socket is wrapped: start over, now inside TLS."""
        self.wants_tls = False
        self._secured = True
        self._hello()

    def lost(self, words: str) -> list[Happening]:
        """The connection ended or has to: tell what that means for the message under way."""
        if self.over:
            return []
        return [self._down(words)]

    def receive(self, octets: bytes) -> list[Happening]:
        """Take in what the relay wrote and return what happened."""
        whole = len(self._expected) == ROUND and self._expected[0][0] == ANSWER and not self._buffer
        if whole and (found := _ROUND.fullmatch(octets)):
            return self._hear_round(found[1])
        return self._hear_lines(octets)

    def _hear_round(self, line: bytes) -> list[Happening]:
        """The commonest answer taken at once: one message is accepted, the next one offered."""
        (_, answered), _, _, (_, offered) = self._expected
        if answered is None or offered is None:
            raise RuntimeError("a round without envelopes")
        self._unanswered = None
        self._open_transaction = True
        self._expected.clear()
        self._expected.append(("content", offered))
        return [Answered(answered, ANSWER, self._reply(line)), Offered(offered)]

    def _hear_lines(self, octets: bytes) -> list[Happening]:
        happenings: list[Happening] = []
        lines = (self._buffer + octets).split(b"\n")
        self._buffer = lines.pop()
        for line in lines:
            if self.over:
                break
            if self.wants_tls:
                return self._injected(happenings)
            if len(line) > LONGEST_LINE or not line[:3].isdigit() or line[3:4] not in (b" ", b"-", b"\r", b""):
                return self._garbage(happenings)
            if line[3:4] == b"-":
                self._lines.append(line)
                if len(self._lines) > MOST_LINES:
                    return self._garbage(happenings)
                continue
            if not self._expected or self._expected[0][0] == "content":
                self._unasked(line, happenings)
                continue
            kind, envelope = self._expected.popleft()
            self._hear(kind, envelope, int(line[:3]), line, happenings)
            self._lines.clear()
        if len(self._buffer) > LONGEST_LINE and not self.over:  # what stood whole before it was heard
            return self._garbage(happenings)
        return happenings

    def _unasked(self, line: bytes, happenings: list[Happening]) -> None:
        """A relay may say 421 at any time; anything else nobody asked for is garbage."""
        reply = self._reply(line)
        happenings.append(self._down(reply.words, reply))

    def _hear(self, kind: str, envelope: Envelope | None, code: int, line: bytes, happenings: list[Happening]) -> None:
        if code == 421 and kind != ANSWER:
            reply = self._reply(line)
            happenings.append(self._down(reply.words, reply, phase=kind if envelope else SESSION))
        elif envelope is None:
            self._hear_session(kind, code, line, happenings)
        elif envelope is self._failed:
            self._hear_rest_of_failed(kind, code, happenings)
        elif not 200 <= code < 600 or (300 <= code < 400 and (kind, code) != (DATA, 354)):
            self._nonsense(line, happenings)
        elif kind == ANSWER:
            self._unanswered = None
            happenings.append(Answered(envelope, ANSWER, self._reply(line)))
            self._go_on(happenings)
        elif kind == DATA and code == 354:
            self._expected.appendleft(("content", envelope))
            happenings.append(Offered(envelope))
        elif kind != DATA and 250 <= code <= 252:
            self._open_transaction = True
            if not self._pipelining:
                self._step(RCPT if kind == MAIL else DATA, envelope)
        elif code < 400:
            self._nonsense(line, happenings)
        elif code == OUT_OF_STEP and kind in (RCPT, DATA):
            reply = self._reply(line)
            happenings.append(self._down(reply.words, reply, phase=kind))
        else:
            self._failed = envelope
            happenings.append(Answered(envelope, kind, self._reply(line)))
            if not self._expected:
                self._go_on(happenings)

    def _nonsense(self, line: bytes, happenings: list[Happening]) -> None:
        """A code that is no answer to what was asked says nothing about the reader."""
        words = f"the relay answered {int(line[:3])} where that means nothing"
        happenings.append(self._down(words))

    def _hear_rest_of_failed(self, kind: str, code: int, happenings: list[Happening]) -> None:
        """Replies to what was pipelined behind a refused command."""
        if kind == DATA and code == 354:  # it wants content although nobody is to get it: never a lone dot
            happenings.append(self._down("the relay asked for content after refusing the recipient"))
        elif not self._expected:
            self._go_on(happenings)

    def _go_on(self, happenings: list[Happening]) -> None:
        if self._next is not None:
            envelope, self._next = self._next, None
            self._begin(envelope)
        elif not self._expected:
            happenings.append(Up())

    def _hear_session(self, kind: str, code: int, line: bytes, happenings: list[Happening]) -> None:
        if kind == QUIT:
            self.over = True
        elif kind == RSET:
            self._open_transaction = False
        elif kind == EHLO and code in (500, 501, 502, 504, 550) and self._starttls != "required":
            self._say(HELO, f"HELO {self._name}\r\n".encode())
        elif kind == AUTH and code == 334:
            self._continue_login()
        elif kind == STARTTLS and code != 220 and self._starttls == "offered":
            self._begin_work(happenings)  # in clear, as it would without the offer
        elif code >= 400 or (kind == STARTTLS and code != 220):
            reply = self._reply(line)
            happenings.append(self._down(reply.words, reply, phase=kind))
        elif kind == GREETING:
            self._hello()
        elif kind in (EHLO, HELO):
            self._abilities = dict(map(_ability, [*self._lines, line][1:]))
            self._after_hello(happenings)
        elif kind == STARTTLS:
            self._start_tls(happenings)
        else:
            happenings.append(Up())

    def _hello(self) -> None:
        self._abilities = {}
        self._say(EHLO, f"EHLO {self._name}\r\n".encode())

    def _after_hello(self, happenings: list[Happening]) -> None:
        self._pipelining = "PIPELINING" in self._abilities
        self.offers_utf8 = "SMTPUTF8" in self._abilities
        if not self._secured and self._starttls != "none":
            if "STARTTLS" in self._abilities:
                self._say(STARTTLS, b"STARTTLS\r\n")
                return
            if self._starttls == "required":
                happenings.append(self._down("the relay does not offer STARTTLS", phase=STARTTLS))
                return
        self._begin_work(happenings)

    def _begin_work(self, happenings: list[Happening]) -> None:
        if self._login is not None:
            self._log_in(self._login, happenings)
        else:
            happenings.append(Up())

    def _start_tls(self, happenings: list[Happening]) -> None:
        self.wants_tls = True
        if self._buffer:
            self._injected(happenings)

    def _injected(self, happenings: list[Happening]) -> list[Happening]:
        """Octets behind the relay's yes came in clear from whoever sits between (CVE-2011-0411 and its kin)."""
        self.wants_tls = False
        happenings.append(self._down("octets in clear behind STARTTLS", phase=STARTTLS))
        return happenings

    def _log_in(self, login: Login, happenings: list[Happening]) -> None:
        ways = self._abilities.get("AUTH", "").split()
        if "PLAIN" in ways:
            token = base64.b64encode(f"\0{login.user}\0{login.password}".encode())
            self._say(AUTH, b"AUTH PLAIN " + token + b"\r\n")
        elif "LOGIN" in ways:
            self._answers = [login.password, login.user]
            self._say(AUTH, b"AUTH LOGIN\r\n")
        else:
            happenings.append(self._down("the relay offers no way to log in that we know", phase=AUTH))

    def _continue_login(self) -> None:
        answer = base64.b64encode(self._answers.pop().encode()) if self._answers else b"*"
        self._say(AUTH, answer + b"\r\n")

    def _say(self, kind: str, octets: bytes) -> None:
        self._out.append(octets)
        self._expected.append((kind, None))

    def _begin(self, envelope: Envelope) -> None:
        if self._open_transaction:
            self._say(RSET, b"RSET\r\n")
        more = b" SMTPUTF8" if envelope.utf8 else b""
        if self._pipelining:
            self._out.append(
                b"MAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (envelope.sender, more, envelope.recipient)
            )
            self._expected.extend(((MAIL, envelope), (RCPT, envelope), (DATA, envelope)))
        else:
            self._out.append(b"MAIL FROM:<%b>%b\r\n" % (envelope.sender, more))
            self._expected.append((MAIL, envelope))

    def _step(self, kind: str, envelope: Envelope) -> None:
        self._out.append(b"DATA\r\n" if kind == DATA else b"RCPT TO:<%b>\r\n" % envelope.recipient)
        self._expected.append((kind, envelope))

    def _reply(self, line: bytes) -> Reply:
        if self._lines:
            texts = [_text(part[4:]) for part in [*self._lines, line]]
            self._lines.clear()
            words = " ".join(texts)[:500]
        else:
            words = _text(line[4:])[:500]
        enhanced = _ENHANCED.match(words)
        return Reply(int(line[:3]), enhanced[0] if enhanced else "", words)

    def _garbage(self, happenings: list[Happening]) -> list[Happening]:
        self._buffer = b""
        return [*happenings, self._down("the relay answered with something that is no SMTP reply")]

    def _down(self, words: str, reply: Reply | None = None, *, phase: str = "") -> Down:
        self.over = True
        if not phase:
            kind, envelope = self._expected[0] if self._expected else (SESSION, None)
            phase = kind if envelope is not None else SESSION
        return Down(phase, words, self._unanswered, reply)


def _text(octets: bytes) -> str:
    """Return what a relay wrote: UTF-8 as it ought to be (RFC 6531), or each octet as old relays mean it.

    Without NUL, which no database keeps.
    """
    octets = octets.replace(b"\0", b"")
    try:
        return octets.decode().strip()
    except UnicodeDecodeError:
        return octets.decode("latin-1").strip()


def _ability(line: bytes) -> tuple[str, str]:
    word, _, rest = line[4:].decode("ascii", "replace").strip().partition(" ")
    return word.upper(), rest.upper()
