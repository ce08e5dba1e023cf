"""A relay that speaks TLS, well or badly, with certificates of an authority made for the test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


class Authority:
    """Signs certificates; ``file`` is what a relay's ``ca`` names."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "ca.pem"
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = self._builder("Test Authority", self.key, days=30).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file.write_bytes(
            made.add_extension(usage, critical=True).sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey, *, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Test Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 60 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def certificate(self, kind: str) -> Path:
        """Return a file of key and certificate: good, expired, wrong (its name) or self (signed by itself)."""
        key = ec.generate_private_key(ec.SECP256R1())
        host = "198.51.100.9" if kind == "wrong" else "127.0.0.1"
        made = self._builder("relay", key, days=-1 if kind == "expired" else 30).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False
        )
        signed = made.sign(key if kind == "self" else self.key, hashes.SHA256())
        place = self.folder / f"{kind}.pem"
        place.touch(mode=0o600)
        place.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
        )
        return place


class TlsRelay:
    """What it was told in clear, what inside TLS, and the messages it took."""

    def __init__(
        self, certificate: Path, *, implicit: bool, without: tuple[str, ...], hangs: bool, newest: bool, ways: str
    ) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if not newest:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.context.load_cert_chain(certificate)
        self.implicit, self.without, self.hangs, self.ways = implicit, without, hangs, ways
        self.clear: list[str] = []
        self.secret: list[str] = []
        self.messages: list[str] = []
        self.open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(sock)
            threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self.implicit:
                sock = self._wrapped(sock)
            self._session(sock)
        sock.close()

    def _wrapped(self, sock: socket.socket) -> socket.socket:
        if self.hangs:
            sock.recv(1 << 16)
            sock.recv(1 << 16)
        wrapped = self.context.wrap_socket(sock, server_side=True)
        self.open.append(wrapped)
        return wrapped

    def _session(self, sock: socket.socket) -> None:
        secure, lines, waiting = self.implicit, sock.makefile("rb"), 0
        sock.sendall(b"220 relay ESMTP\r\n")
        while line := lines.readline().decode("utf-8", "replace").strip():
            (self.secret if secure else self.clear).append(line)
            word = line.split()[0].upper()
            if word == "EHLO":
                able = ["relay", "PIPELINING", f"AUTH {self.ways}", *([] if secure else ["STARTTLS"])]
                kept = [one for one in able if one not in self.without]
                sock.sendall("".join(f"250-{one}\r\n" for one in kept).encode() + b"250 8BITMIME\r\n")
            elif word == "STARTTLS":
                sock.sendall(b"220 go\r\n")
                sock = self._wrapped(sock)
                secure, lines = True, sock.makefile("rb")
            elif word == "AUTH":
                waiting = 2 if line.upper() == "AUTH LOGIN" else 0
                sock.sendall(b"334 VXNlcm5hbWU6\r\n" if waiting else b"235 in\r\n")
            elif waiting:
                waiting -= 1
                sock.sendall(b"334 UGFzc3dvcmQ6\r\n" if waiting else b"235 in\r\n")
            elif word == "DATA":
                sock.sendall(b"354 go\r\n")
                content = []
                while (one := lines.readline()) != b".\r\n":
                    if not one:
                        return
                    content.append(one.decode())
                self.messages.append("".join(content))
                sock.sendall(b"250 2.0.0 taken\r\n")
            else:
                sock.sendall(b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n")


@contextmanager
def tls_relay(
    certificate: Path,
    *,
    implicit: bool = False,
    without: tuple[str, ...] = (),
    hangs: bool = False,
    newest: bool = True,
    ways: str = "PLAIN LOGIN",
) -> Iterator[TlsRelay]:
    """Run a relay for the time of the block."""
    relay = TlsRelay(certificate, implicit=implicit, without=without, hangs=hangs, newest=newest, ways=ways)
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.listener.shutdown(socket.SHUT_RDWR)
        relay.listener.close()
        for sock in relay.open:
            sock.close()
        thread.join()
