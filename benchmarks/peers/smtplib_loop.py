"""A loop over smtplib and EmailMessage, one connection: ``python -m benchmarks.peers.smtplib_loop PORT N DIGEST``."""

from __future__ import annotations

import json
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment, Template


def main(port: str, messages: str, digest: str) -> None:
    """Send so many."""
    given = json.loads(Path(digest).read_text())
    plain, escaping = Environment(), Environment(autoescape=True)
    parts = {name: (escaping if name == "html" else plain).from_string(part) for name, part in given.items()}
    with smtplib.SMTP("127.0.0.1", int(port)) as relay:
        for number in range(int(messages)):
            relay.send_message(_message(parts, number))


def _message(parts: dict[str, Template], number: int) -> EmailMessage:
    leave = f"https://news.example/u/{number:030}"
    places = {
        "name": f"Reader {number}",
        "unsubscribe": leave,
        "preferences": f"https://news.example/p/{number:030}",
        "view": "https://news.example/v/42",
    }
    message = EmailMessage()
    message["From"], message["To"] = "Meridian <ctw@news.example>", f"Reader {number} <r{number}@readers.example>"
    message["Subject"], message["Message-ID"] = parts["subject"].render(), f"<{number}@news.example>"
    message["List-Unsubscribe"] = f"<{leave}>"
    message.set_content(parts["text"].render(places))
    message.add_alternative(parts["html"].render(places), subtype="html")
    return message


if __name__ == "__main__":
    main(*sys.argv[1:])
