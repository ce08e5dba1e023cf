"""The relaxed canonical forms of RFC 6376 3.4, for whole headers and for whole lines of a body."""

from __future__ import annotations

import re

_HEADER = re.compile(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_SPACE = re.compile(rb"[ \t\r\n]+")
_RUN = re.compile(rb"[ \t]+")


def headers_in(octets: bytes) -> list[bytes]:
    """Return the headers in ``octets``, each with its folds and its line end."""
    return _HEADER.findall(octets)


def relaxed_header(header: bytes) -> bytes:
    """Return one header as it is signed, without a line end."""
    name, _, value = header.partition(b":")
    return name.strip().lower() + b":" + _SPACE.sub(b" ", value).strip(b" ")


def relaxed_lines(lines: bytes) -> bytes:
    """Return whole lines of a body as they are signed; empty lines at the very end of a body are not looked at."""
    if b"  " not in lines and b" \r" not in lines and b"\t" not in lines:
        return lines
    return _RUN.sub(b" ", lines).replace(b" \r\n", b"\r\n")


def unstuffed(lines: bytes) -> bytes:
    """Return whole dot-stuffed lines as the recipient sees them (RFC 5321 4.5.2)."""
    if lines.startswith(b"."):
        lines = lines[1:]
    return lines.replace(b"\r\n..", b"\r\n.")
