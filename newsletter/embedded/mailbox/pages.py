"""The web page of the mail catcher: whatever came by mail is shown as text or in a sandbox, and nothing is fetched."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from itertools import islice
from urllib.parse import parse_qs, quote, urlsplit

from newsletter.embedded.mailbox.spool import Caught, Spool

HOSTS = ("127.0.0.1", "localhost")
PAGE_ROWS = 50
PATIENCE_SECONDS = 10
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.4rem;vertical-align:top;"
    "border-bottom:1px solid #8884;overflow-wrap:anywhere}th{white-space:nowrap;width:1%}"
    "iframe{width:100%;height:70vh;border:1px solid #8884;background:#fff;color-scheme:light}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}nav a{margin-inline-end:1rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
BASE_RULES = "default-src 'none'; base-uri 'none'"
PAGE_RULES = (
    f"{BASE_RULES}; style-src 'sha256-{_STYLE_HASH}'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'"
)
MAIL_RULES = (
    f"sandbox; {BASE_RULES}; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'"
)
TEXT_RULES = f"sandbox; {BASE_RULES}; frame-ancestors 'none'"


class Pages:
    """Answers on 127.0.0.1: ``/`` (``?q=`` part of an address, ``?page=``), ``/N``, ``/N/text``, ``/N/raw``."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one HTTP request and close."""
        failures = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError)  # slow ones end here too
        with contextlib.suppress(*failures), contextlib.closing(writer):
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)).decode("latin-1")
            writer.write(self.answer(head))
            await writer.drain()

    def answer(self, head: str) -> bytes:
        """Return the whole HTTP answer to the head of a request."""
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        if _host(lines) not in HOSTS:  # a foreign name that leads here is somebody else's page looking in
            return _plain("403 Forbidden", "This page is for this machine only.")
        if method not in ("GET", "HEAD"):
            return _plain("405 Method Not Allowed", "Only GET.")
        try:
            url = urlsplit(rest.rpartition(" ")[0])
            answer = self._page(url.path.strip("/"), parse_qs(url.query))
        except (ValueError, FileNotFoundError):
            answer = _plain("404 Not Found", "There is no such message (any more).")
        return answer.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n" if method == "HEAD" else answer

    def _page(self, path: str, query: dict[str, list[str]]) -> bytes:
        if not path:
            return self._list(query.get("q", [""])[0].strip(), max(int(query.get("page", ["1"])[0]), 1))
        number, _, view = path.partition("/")
        caught = self._spool.find(int(number))
        if caught is None or view not in _VIEWS:
            raise FileNotFoundError(path)
        return _VIEWS[view](caught, caught.content())

    def _list(self, wanted: str, page: int) -> bytes:
        first = (page - 1) * PAGE_ROWS
        shown = list(islice(self._spool.newest(wanted), first, first + PAGE_ROWS + 1))
        rows = "".join(
            f'<tr><td><a href="/{caught.number}">{caught.number}</a></td><td>{escape(caught.recipients)}</td>'
            f'<td dir="auto">{escape(_subject(caught))}</td></tr>'
            for caught in shown[:PAGE_ROWS]
        )
        newer = _to_page(wanted, page - 1, "Newer") if page > 1 else ""
        older = _to_page(wanted, page + 1, "Older") if len(shown) > PAGE_ROWS else ""
        return _html(
            "Caught mail",
            f"<h1>Caught mail</h1><p>{self._spool.accepted:,} caught. Nothing left this machine.</p>"
            f'<form><label>Address <input name="q" type="search" value="{escape(wanted)}"></label> '
            "<button>Find</button></form>"
            f"<table><thead><tr><th>No.</th><th>To</th><th>Subject</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<nav>{newer}{older}</nav>",
        )


def _host(lines: list[str]) -> str:
    host = next((line[5:].strip() for line in lines if line[:5].lower() == "host:"), "")
    return host.rsplit(":", 1)[0]


def _to_page(wanted: str, page: int, words: str) -> str:
    return f'<a href="/?q={quote(wanted)}&amp;page={page}">{words}</a>'


def _subject(caught: Caught) -> str:
    try:
        return str(_parsed(caught.content().split(b"\r\n\r\n", 1)[0]).get("subject", ""))
    except FileNotFoundError:
        return ""


def _show(caught: Caught, raw: bytes) -> bytes:
    """The HTML part in a frame without scripts, forms, remote loads or a way out, else the text; then the headers."""
    headers = "".join(
        f'<tr><th>{escape(name)}</th><td dir="auto">{escape(value)}</td></tr>' for name, value in _headers(raw)
    )
    return _html(
        f"Message {caught.number}",
        f'{_tabs(caught)}<h1 dir="auto">{escape(_subject(caught)) or "(no subject)"}</h1>'
        f"{_frame(caught) if _part(raw, 'html') else _text(raw)}"
        f"<h2>Headers</h2><table>{headers}</table>",
    )


def _frame(caught: Caught) -> str:
    return f'<iframe sandbox="" src="/{caught.number}/html" title="HTML part"></iframe>'


def _text(raw: bytes) -> str:
    return f'<pre dir="auto">{escape(_part(raw, "plain"))}</pre>'


def _show_text(caught: Caught, raw: bytes) -> bytes:
    return _html(
        f"Message {caught.number}, text",
        f"{_tabs(caught)}<h1>Text part</h1>{_text(raw)}",
    )


def _show_html(_caught: Caught, raw: bytes) -> bytes:
    return _http("200 OK", "text/html", _part(raw, "html"), MAIL_RULES)


def _show_raw(_caught: Caught, raw: bytes) -> bytes:
    return _http("200 OK", "text/plain", raw.decode(errors="replace"), TEXT_RULES)


_VIEWS = {"": _show, "text": _show_text, "html": _show_html, "raw": _show_raw}


def _tabs(caught: Caught) -> str:
    number = caught.number
    return (
        f'<nav><a href="/">All mail</a><a href="/{number}">HTML</a><a href="/{number}/text">Text</a>'
        f'<a href="/{number}/raw">Raw</a></nav>'
    )


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _headers(raw: bytes) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in _parsed(raw).items()]


def _part(raw: bytes, kind: str) -> str:
    """Return a part as text, whatever it claims about itself."""
    part = _parsed(raw).get_body((kind,))
    content = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _html(title: str, body: str) -> bytes:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    return _http("200 OK", "text/html", page, PAGE_RULES)


def _plain(status: str, words: str) -> bytes:
    return _http(status, "text/plain", words, TEXT_RULES)


def _http(status: str, kind: str, body: str, rules: str) -> bytes:
    content = body.encode(errors="replace")
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(content)}\r\n"
        f"Content-Security-Policy: {rules}\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
