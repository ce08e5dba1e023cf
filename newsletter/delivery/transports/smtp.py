"""SMTP over non-blocking sockets: the conversation is in ``delivery.conversation``, here are the octets' ways."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time

from newsletter.delivery.conversation import Conversation
from newsletter.delivery.lookup import Lookup, Place
from newsletter.delivery.relay import Relay
from newsletter.delivery.transport import Channel, Envelope, Happening

SEND_BUFFER = 512 * 1024
READ_AT_ONCE = 8 * 1024  # replies are short
STARTTLS_WAYS = {"starttls": "required", "opportunistic": "offered"}
_NOTHING = memoryview(b"")
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class Smtp:
    """Opens connections to one relay."""

    name = "smtp"

    def __init__(self, relay: Relay, *, most: int) -> None:
        self.relay = relay
        self.most = most
        self._context = _context(relay)
        self._lookup = Lookup(relay.host, relay.port)  # once: the deliverer opens a new transport every slice

    def ready(self) -> bool:
        """Return whether the relay was looked up, for better or worse."""
        return self._lookup.ready()

    def open(self) -> Channel:
        """Return a channel that is being connected."""
        place = self._lookup.place()
        return SmtpChannel(self.relay, self._lookup.hello, self._context, place)


def _context(relay: Relay) -> ssl.SSLContext | None:
    """Return how TLS is done; opportunistic verifies nothing, whoever sits between could as well hide the offer."""
    if relay.tls == "none":
        return None
    context = ssl.create_default_context(cafile=relay.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if relay.tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class SmtpChannel:
    """One connection. It is registered for reading as long as it is open."""

    def __init__(
        self,
        relay: Relay,
        hello: str,
        context: ssl.SSLContext | None,
        place: Place | OSError,
    ) -> None:
        self._relay, self._context = relay, context
        self._talk = Conversation(
            name=hello,
            login=relay.login,
            starttls=STARTTLS_WAYS.get(relay.tls, "none"),
            secured=relay.tls == "implicit",
        )
        self._connected = self._handshaking = False
        self._rest = _NOTHING
        self._deadline = time.monotonic() + relay.connect_seconds
        self._broken = ""
        self._socket = self._dial(place)

    @property
    def offers_utf8(self) -> bool:
        return self._talk.offers_utf8

    def fileno(self) -> int:
        return self._socket.fileno()

    def wants_write(self) -> bool:
        return not self._connected or bool(self._rest)

    def deadline(self) -> float:
        return self._deadline

    def offer(self, envelope: Envelope) -> None:
        self._talk.offer(envelope)
        self._write(self._relay.command_seconds)

    def send(self, content: bytes, then: Envelope | None) -> None:
        self._talk.send(content, then)
        self._write(self._relay.answer_seconds)

    def leave(self) -> None:
        if not self._talk.over:
            self._talk.leave()
            self._write(self._relay.command_seconds)
        self._socket.close()

    def give_up(self, words: str) -> list[Happening]:
        self._socket.close()
        return self._talk.lost(words)

    def handle(self, *, readable: bool, writable: bool) -> list[Happening]:
        if self._broken:
            return self.give_up(self._broken)
        if not self._connected:
            return self._finish_dialing()
        if self._handshaking:
            return self._shake_hands()
        happenings = self._read() if readable else []
        if not self._talk.over:
            self._flush()
        if self._broken and not self._talk.over:
            happenings += self._talk.lost(self._broken)
        if self._talk.over:
            self._socket.close()
        return happenings

    def _dial(self, place: Place | OSError) -> socket.socket:
        if isinstance(place, OSError):
            self._broken = f"the relay's name does not resolve: {place.strerror}"
            return socket.socket()
        family, address = place
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        code = sock.connect_ex(address)
        if code not in _UNDER_WAY:
            self._broken = f"no connection: {os.strerror(code)}"
        return sock

    def _finish_dialing(self) -> list[Happening]:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            return self.give_up(f"no connection: {os.strerror(code)}")
        self._connected = True
        self._deadline = time.monotonic() + self._relay.command_seconds
        return self._wrap() if self._relay.tls == "implicit" else []

    def _wrap(self) -> list[Happening]:
        if self._context is None:
            raise RuntimeError("TLS without a context")
        try:
            self._socket = self._context.wrap_socket(
                self._socket, server_hostname=self._relay.host, do_handshake_on_connect=False
            )
        except OSError as error:  # it was closed meanwhile
            return self.give_up(f"TLS failed: {type(error).__name__}")
        self._handshaking = True
        return self._shake_hands()

    def _shake_hands(self) -> list[Happening]:
        try:
            self._socket.do_handshake()  # type: ignore[attr-defined]  # a wrapped socket, see _wrap
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return []
        except (OSError, ssl.CertificateError) as error:
            return self.give_up(f"TLS failed: {getattr(error, 'verify_message', '') or type(error).__name__}")
        self._handshaking = False
        if self._relay.tls != "implicit":
            self._talk.secure()
            self._flush()
        return []

    def _read(self) -> list[Happening]:
        happenings: list[Happening] = []
        while True:
            try:
                octets = self._socket.recv(READ_AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return happenings
            except OSError as error:
                return happenings + self._talk.lost(f"connection lost: {error.strerror or type(error).__name__}")
            if not octets:
                return happenings + self._talk.lost("the relay closed the connection")
            self._deadline = time.monotonic() + self._relay.command_seconds
            happenings += self._talk.receive(octets)
            if self._talk.wants_tls:
                return happenings + self._wrap()
            if self._talk.over or (len(octets) < READ_AT_ONCE and self._context is None):
                return happenings

    def _write(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._flush()

    def _flush(self) -> None:
        """Write what there is; what the kernel does not take waits. A broken pipe is told by the next ``handle``."""
        pieces = self._talk.take()
        if self._rest:
            self._rest = memoryview(b"".join([self._rest, *pieces]))
        elif pieces:
            self._rest = self._write_pieces(pieces)
        while self._rest:
            written = self._write_some(self._rest)
            if not written:
                return
            self._rest = self._rest[written:]

    def _write_pieces(self, pieces: list[bytes]) -> memoryview:
        """Write without gluing the pieces together first, and return what the kernel did not take."""
        if self._context is not None or len(pieces) == 1:
            return memoryview(b"".join(pieces))
        try:
            written = self._socket.sendmsg(pieces)
        except OSError:
            written = 0  # the next write tells why
        if written == sum(map(len, pieces)):
            return _NOTHING
        return memoryview(b"".join(pieces))[written:]

    def _write_some(self, octets: memoryview) -> int:
        try:
            return self._socket.send(octets)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            self._broken = f"connection lost: {error.strerror or type(error).__name__}"
            return 0
