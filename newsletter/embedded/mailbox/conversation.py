"""One SMTP conversation of the mail catcher: RFC 5321 with PIPELINING (RFC 2920), SIZE, 8BITMIME, SMTPUTF8."""

from __future__ import annotations

import asyncio
import re

from newsletter.embedded.mailbox.spool import RECORD_END, Spool

LONGEST_MESSAGE = 32 << 20  # bytes
LONGEST_LINE = 4096
MOST_RECIPIENTS = 1000
GREETING = b"220 mailbox ESMTP\r\n"
ABILITIES = (
    b"250-mailbox\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    b"250-SIZE %d\r\n250 ENHANCEDSTATUSCODES\r\n" % LONGEST_MESSAGE
)
TOO_LARGE = b"552 5.3.4 message too large\r\n"


class Conversation(asyncio.Protocol):
    """Takes what the other side sends; every answer stands in the order of what it answers."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._buffer = bytearray()
        self._searched = 0  # how much of the buffer holds no end of a message
        self._sender: bytes | None = None
        self._recipients: list[bytes] = []
        self._in_content = False
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers: list[bytes] = []
        while not self._over and (self._take_content(answers) if self._in_content else self._take_line(answers)):
            pass
        limit = LONGEST_MESSAGE if self._in_content else LONGEST_LINE
        if not self._over and len(self._buffer) > limit:
            answers.append(TOO_LARGE if self._in_content else b"500 5.5.2 line too long\r\n")
            self._over = True
        if answers:
            self._transport.write(b"".join(answers))
        if self._over:
            self._transport.close()

    def _take_content(self, answers: list[bytes]) -> bool:
        """Take one message from the buffer; returns whether there was a whole one."""
        if self._buffer.startswith(b".\r\n"):  # an empty message
            size = 3
        else:
            at = self._buffer.find(RECORD_END, max(self._searched - len(RECORD_END), 0))
            if at < 0:
                self._searched = len(self._buffer)
                return False
            size = at + len(RECORD_END)
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        answers.append(self._keep(content))
        self._in_content = False
        self._reset()
        return True

    def _keep(self, content: bytes) -> bytes:
        try:
            self._spool.add(self._recipients, content)
        except OSError:
            return b"452 4.3.1 cannot keep it\r\n"
        return b"250 2.0.0 caught\r\n"

    def _take_line(self, answers: list[bytes]) -> bool:
        """Take one line from the buffer; returns whether there was a whole one."""
        end = self._buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        answers.append(self._answer(line))
        return True

    def _answer(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                self._reset()
                return ABILITIES
            case b"MAIL":
                return self._begin(line)
            case b"RCPT":
                return self._address(line)
            case b"DATA":
                if not self._recipients:
                    return b"503 5.5.1 RCPT first\r\n"
                self._in_content, self._searched = True, 0
                return b"354 go on\r\n"
            case b"HELO" | b"RSET":
                self._reset()
                return b"250 2.0.0 ok\r\n"
            case b"NOOP":
                return b"250 2.0.0 ok\r\n"
            case b"QUIT":
                self._over = True
                return b"221 2.0.0 bye\r\n"
        return b"502 5.5.2 unknown\r\n"

    def _begin(self, line: bytes) -> bytes:
        sender = _path(line)
        if sender is None:
            return b"501 5.1.7 MAIL FROM:<address>\r\n"
        size = re.search(rb" SIZE=(\d{1,18})(?: |$)", line.upper())
        if size and int(size[1]) > LONGEST_MESSAGE:
            return TOO_LARGE
        self._sender, self._recipients = sender, []
        return b"250 2.1.0 ok\r\n"

    def _address(self, line: bytes) -> bytes:
        if self._sender is None:
            return b"503 5.5.1 MAIL first\r\n"
        recipient = _path(line)
        if not recipient:
            return b"501 5.1.3 RCPT TO:<address>\r\n"
        if len(self._recipients) >= MOST_RECIPIENTS:
            return b"452 4.5.3 too many recipients\r\n"
        self._recipients.append(recipient)
        return b"250 2.1.5 ok\r\n"

    def _reset(self) -> None:
        self._sender, self._recipients = None, []


def _path(line: bytes) -> bytes | None:
    """Return the address between angle brackets, None when there is none that can be one."""
    start, end = line.find(b"<"), line.rfind(b">")
    address = line[start + 1 : end]
    return address if 0 <= start < end and not re.search(rb"[\x00-\x20\x7f]", address) else None
