"""Two offices that send for others: small servers that speak what Mailchimp and listmonk document, and no more.

They take the documented fields only, want their key, and keep campaigns; ``trouble`` makes the next calls fail.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAILCHIMP_KEY = "0123456789abcdef0123456789abcdef-us6"
LISTMONK_USER, LISTMONK_TOKEN = "newsroom", "s3cretTokenOfListmonk"
MAILCHIMP_TOP = {
    "type",
    "recipients",
    "settings",
    "tracking",
    "variate_settings",
    "rss_opts",
    "social_card",
    "content_type",
}
MAILCHIMP_SETTINGS = {
    *("subject_line", "preview_text", "title", "from_name", "reply_to", "use_conversation", "to_name", "folder_id"),
    *("authenticate", "auto_footer", "inline_css", "auto_tweet", "auto_fb_post", "fb_comments", "template_id"),
}
LISTMONK_FIELDS = {
    *("name", "subject", "lists", "from_email", "type", "content_type", "body", "altbody", "send_at", "messenger"),
    *("template_id", "tags", "headers"),
}


class Office:
    """What one office has and was asked."""

    def __init__(self) -> None:
        self.campaigns: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.trouble: list[int | str] = []  # a status to answer with, or "cut": done, but the answer is lost
        self.audiences = {"abc123", "3", "5"}
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, asked: dict[str, str], headers: Any, body: Any) -> tuple[int, Any]:
        """Return status and answer of one call."""
        raise NotImplementedError

    def next_number(self) -> int:
        return len(self.campaigns) + 1


class MailchimpOffice(Office):
    """Marketing API 3.0: campaigns, and their content."""

    def answer(self, method: str, path: str, asked: dict[str, str], headers: Any, body: Any) -> tuple[int, Any]:
        pair = base64.b64decode(headers.get("Authorization", "Basic ").removeprefix("Basic ")).decode()
        if pair.partition(":")[2] != MAILCHIMP_KEY:
            return 401, {"title": "API Key Invalid", "status": 401, "detail": f"Your key {pair} may be invalid."}
        found = re.fullmatch(r"/3\.0/campaigns(?:/(\w+)(/content)?)?", path)
        if not found:
            return 404, {"title": "Resource Not Found", "detail": "The requested resource could not be found."}
        number, content = found[1], found[2]
        if number and number not in self.campaigns:
            return 404, {"title": "Resource Not Found", "detail": "The requested resource could not be found."}
        if method == "GET" and not number:
            rows = [one for one in self.campaigns.values() if one["status"] == asked.get("status", one["status"])]
            return 200, {"campaigns": rows, "total_items": len(rows)}
        if method == "GET":
            return 200, self.campaigns[number]
        if method == "PUT" and content:
            if set(body) - {"html", "plain_text", "url", "template", "archive", "variate_contents"}:
                return 400, {"title": "Invalid Resource", "detail": "Schema describes object."}
            self.campaigns[number]["content"] = body
            return 200, body
        if set(body) - MAILCHIMP_TOP or set(body["settings"]) - MAILCHIMP_SETTINGS:
            return 400, {"title": "Invalid Resource", "detail": "The resource submitted could not be validated."}
        if body["recipients"]["list_id"] not in self.audiences:
            return 400, {"title": "Invalid Resource", "detail": "The list_id is unknown."}
        if method == "POST" and body.get("type") in ("regular", "plaintext"):
            number = f"c{self.next_number()}"
            self.campaigns[number] = {"id": number, "web_id": 100 + self.next_number(), "status": "save"}
        elif method != "PATCH" or self.campaigns[number]["status"] not in ("save", "paused"):
            return 400, {"title": "Bad Request", "detail": "Cannot modify a sent campaign."}
        self.campaigns[number] |= {"settings": body["settings"], "recipients": body["recipients"]}
        return 200, self.campaigns[number]


class ListmonkOffice(Office):
    """/api/campaigns."""

    def answer(self, method: str, path: str, asked: dict[str, str], headers: Any, body: Any) -> tuple[int, Any]:
        if headers.get("Authorization") != f"token {LISTMONK_USER}:{LISTMONK_TOKEN}":
            return 403, {"message": f"invalid session {headers.get('Authorization')}"}
        found = re.fullmatch(r"/api/campaigns(?:/(\d+))?", path)
        if not found:
            return 404, {"message": "not found"}
        number = found[1]
        if number and number not in self.campaigns:
            return 400, {"message": "Campaign not found"}
        if method == "GET" and not number:
            rows = [one for one in self.campaigns.values() if asked.get("tags") in (None, *one["tags"])]
            return 200, {"data": {"results": rows, "total": len(rows), "page": 1, "per_page": 20}}
        if method == "GET":
            return 200, {"data": self.campaigns[number]}
        lacking = [name for name in ("name", "subject", "lists", "type", "content_type", "body") if not body.get(name)]
        if set(body) - LISTMONK_FIELDS or lacking:
            return 400, {"message": f"Invalid fields {lacking}"}
        if not all(str(one) in self.audiences for one in body["lists"]):
            return 400, {"message": "Invalid lists"}
        if method == "POST":
            number = str(self.next_number())
            self.campaigns[number] = {"id": int(number), "status": "draft"}
        elif self.campaigns[number]["status"] != "draft":
            return 400, {"message": "Can't update a running or a finished campaign."}
        self.campaigns[number] |= {**body, "lists": [{"id": one} for one in body["lists"]]}
        return 200, {"data": self.campaigns[number]}


@contextmanager
def office(kind: type[Office]) -> Iterator[Any]:
    """Open an office on 127.0.0.1."""
    own = kind()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            octets = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            own.asked.append((self.command, parts.path))
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            trouble = own.trouble.pop(0) if own.trouble else None
            if isinstance(trouble, int):
                status, told = trouble, {"message": "not now", "detail": "not now"}
            else:
                body = json.loads(octets) if octets else None
                status, told = own.answer(self.command, parts.path, asked, self.headers, body)
            if trouble == "cut":
                self.close_connection = True
                self.connection.close()
                return
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815  http.server reads them so

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A connection that was cut on purpose."""

    with Server(("127.0.0.1", 0), Handler) as server:
        own.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield own
        finally:
            server.shutdown()
