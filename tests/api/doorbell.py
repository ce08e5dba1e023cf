"""A program at the door of the API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from newsletter.access.tokens import SCOPES, create
from tests.factories import NOW


class Program:
    """Rings with a token of its own."""

    def __init__(self, *scopes: str, source: str = "") -> None:
        self.token, self.secret = create("a program", scopes=scopes or list(SCOPES), source=source, by="ada", now=NOW)
        self._client = Client()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and parsed body; ``body`` is sent as JSON, bytes as they are."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.secret}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        answer = self._client.generic(
            method,
            f"/api{path}",
            content,
            content_type="application/json",
            headers={k: v for k, v in given.items() if v},
        )
        self.headers = answer.headers
        return answer.status_code, json.loads(answer.content) if answer.content else None
