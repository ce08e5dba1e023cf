"""Speak JSON with one system: bounded in time and octets, following no redirect, telling nobody the key."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
import httpcore

from newsletter.errors import Invalid, NewsletterError, NotFound, OutcomeUnknown, Refused, Unavailable

SECONDS = 10.0  # for one call
MOST_OCTETS = 4 << 20
LATER = frozenset((408, 425, 429))


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls below ``base``. ``authorization`` is the header; ``key`` is what must be shown nowhere."""

    system: str
    base: str
    authorization: str = field(repr=False)
    key: str = field(repr=False)

    def get(self, path: str, **asked: str | int) -> Any:
        """Return the answer to a GET."""
        return self._call("GET", f"{path}?{urlencode(asked)}" if asked else path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a POST; raises ``OutcomeUnknown`` when it broke off after it was sent."""
        return self._call("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a PUT."""
        return self._call("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a PATCH."""
        return self._call("PATCH", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        octets = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.authorization, "Accept": "application/json", "User-Agent": "newsletter/0.1"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            status, content = self._answer(method, path, headers, octets)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise self._away(type(error).__name__) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            if method == "POST":
                raise OutcomeUnknown(
                    f"{self.system} broke off; it may have made the draft.",
                    where=self._host(),
                    fix="Hand it over again: a draft that is there is found.",
                ) from None
            raise self._away(type(error).__name__) from None
        return self._judged(status, content)

    def _answer(self, method: str, path: str, headers: Mapping[str, str], octets: bytes) -> tuple[int, bytes]:
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        trust = ssl.create_default_context(cafile=certifi.where())
        with (
            httpcore.ConnectionPool(ssl_context=trust, retries=0) as pool,
            pool.stream(
                method,
                self.base + path,
                headers=list(headers.items()),
                content=octets,
                extensions={"timeout": timeouts},
            ) as response,
        ):
            content = b""
            for chunk in response.iter_stream():
                content += chunk
                if len(content) > MOST_OCTETS:
                    raise Refused(f"{self.system} answers at too great a length.", where=self._host())
            return response.status, content

    def _judged(self, status: int, content: bytes) -> Any:
        try:
            told = json.loads(content) if content else {}
        except ValueError:
            told = None
        if 200 <= status < 300 and told is not None:
            return told
        raise self._trouble(status, self._words(told))

    def _trouble(self, status: int, said: str) -> NewsletterError:
        """Return the error of a status, with what the system says of it."""
        host, name = self._host(), self.system
        if status in (401, 403):
            words = f"{name} does not take our key.{said}"
            return Refused(words, code="key_refused", where=host, fix="Look at its settings.")
        if status == 404:
            return NotFound(f"{name} does not know this.{said}", where=host, fix="Is the list right?")
        if 400 <= status < 500 and status not in LATER:
            return Invalid(f"{name} refuses the draft.{said}", where=host, fix="Correct what it names.")
        return Unavailable(f"{name} answers with status {status}.{said}", where=host, fix="Try later.")

    def _words(self, told: Any) -> str:
        """Return what the system says of the trouble, on one line, without the key should it repeat it."""
        if not isinstance(told, dict):
            return ""
        said = " ".join(str(told.get("detail") or told.get("message") or told.get("title") or "").split())[:300]
        for secret in (self.key, self.authorization.partition(" ")[2]):
            said = said.replace(secret, "***")
        return f" It says: {said}" if said else ""

    def _away(self, why: str) -> Unavailable:
        return Unavailable(f"{self.system} does not answer ({why}).", where=self._host(), fix="Try later.")

    def _host(self) -> str:
        return urlsplit(self.base).hostname or self.system
