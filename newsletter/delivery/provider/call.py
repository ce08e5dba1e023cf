"""One call to a provider, and what its answer means for every message in it.

Only what the provider surely never took goes again by itself: a connection that was never made, 429, 503, and every
4xx, by which it says that it did nothing. An answer that got lost, cannot be read, or is any other 5xx leaves the
messages of that call in doubt.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail.message import EmailMultiAlternatives
from requests import exceptions as http
from urllib3 import exceptions as http_pool

from newsletter.delivery.message import Copy
from newsletter.delivery.provider.mail import for_many, for_one
from newsletter.delivery.provider.merge import Form, Language
from newsletter.delivery.provider.parcel import Alone, Lost, Parcel, Untouched, Verdict
from newsletter.delivery.provider.tempo import Tempo
from newsletter.delivery.transport import Reply

log = logging.getLogger(__name__)
LONGEST_WORDS = 400
NOT_BUILT = (AnymailUnsupportedFeature, AnymailInvalidAddress, AnymailSerializationError)
NEVER_LEFT = (
    *(http.ConnectTimeout, http.InvalidURL, http.InvalidSchema, http.MissingSchema, http.InvalidProxyURL),
    *(http_pool.NewConnectionError, http_pool.ConnectTimeoutError, http_pool.NameResolutionError),
    ConnectionRefusedError,
)
NEVER_LEFT_BY_NAME = frozenset(  # of boto, which need not be there; and of certificates that are not the provider's
    {"EndpointConnectionError", "ConnectTimeoutError", "NoCredentialsError", "SSLCertVerificationError"}
)
OURS = frozenset({401, 402, 403, 404, 405})  # our key, our account, our settings: no reader's fault
TRY_LATER = frozenset({408, 409, 423, 425, 429, 503})
THROTTLED = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Batch:
    """Readers that go in one call. ``copies``, ``values`` and ``form`` are there for more than one."""

    parcels: Sequence[Parcel]
    copies: Sequence[Copy] = ()
    values: Sequence[Mapping[str, str]] = ()
    form: Form | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """One open connection to a provider. ``metadata`` says whether it keeps some with a message."""

    backend: Any
    tempo: Tempo
    metadata: bool
    without: frozenset[str] = field(default_factory=frozenset)

    def hand_in(self, batch: Batch) -> list[Verdict]:
        """Return what became of every parcel, in their order. It is posted once, whatever the answer is."""
        try:
            message = self._message(batch)
        except Exception as error:  # a poison message must not stop the others
            log.warning("message_not_made error=%s", type(error).__name__)
            return self._apart(batch, Reply(550, "5.6.0", "5.6.0 the message could not be made for the provider"))
        try:
            count = self.backend.send_messages([message])
        except AnymailRecipientsRefused:
            count = 0
        except NOT_BUILT as error:
            return self._apart(batch, Reply(550, "5.6.0", f"5.6.0 {_words(error)}"))
        except AnymailConfigurationError as error:
            return [Untouched(_words(error), ours=True)] * len(batch.parcels)
        except Exception as error:
            return self._after(batch, error)
        self.tempo.went_well()
        return [_told(message, parcel, batch, count) for parcel in batch.parcels]

    def _message(self, batch: Batch) -> EmailMultiAlternatives:
        if len(batch.parcels) > 1 and batch.form is not None and batch.language is not None:
            return for_many(batch.parcels, batch.copies, batch.values, batch.form, batch.language)
        return for_one(batch.parcels[0], metadata=self.metadata, without=self.without)

    @staticmethod
    def _apart(batch: Batch, reply: Reply) -> list[Verdict]:
        """The provider took nothing of this call: one message is refused, many are to go one by one."""
        return [reply] if len(batch.parcels) == 1 else [Alone()] * len(batch.parcels)

    def _after(self, batch: Batch, error: Exception) -> list[Verdict]:
        """What an error means; the provider's own words are kept."""
        number = len(batch.parcels)
        code, words = _status(error), _words(error)
        log.warning("provider_said_no status=%s messages=%s error=%s", code, number, type(error).__name__)
        if code is None:
            if _never_left(error):
                self.tempo.told_to_wait(None)
                return [Untouched(words)] * number
            self.tempo.struggled()
            return [Lost(words)] * number
        if code in TRY_LATER:
            if code in THROTTLED:
                self.tempo.told_to_wait(_retry_after(error))
            else:
                self.tempo.struggled()
            return [Untouched(words)] * number
        if code in OURS:
            return [Untouched(words, ours=True)] * number
        if 400 <= code < 500:
            return self._apart(batch, Reply(550, "5.0.0", f"5.0.0 {words}"))
        self.tempo.struggled()
        return [Lost(words)] * number


def _told(message: EmailMultiAlternatives, parcel: Parcel, batch: Batch, count: int) -> Verdict:
    """Return what the provider says of one recipient."""
    status = getattr(message, "anymail_status", None)
    if status is None:  # a mail backend of Django's own
        return Reply(250, "2.0.0", "2.0.0 taken") if count else Reply(450, "4.0.0", "4.0.0 nothing was taken")
    if status.status is None:
        return Reply(450, "4.0.0", "4.0.0 the provider was not asked")
    told = {address.casefold(): one for address, one in status.recipients.items()}
    own = told.get(parcel.address.casefold())
    if own is None:
        return Lost("the provider does not say what became of this recipient")
    if own.status in ("sent", "queued"):
        named = str(own.message_id or "taken by the provider").replace("\0", "")
        return Reply(250, "2.0.0", f"2.0.0 {named}"[:LONGEST_WORDS])
    if own.status in ("invalid", "rejected"):
        return Reply(550, "5.0.0", f"5.0.0 the provider says {own.status}")
    if own.status == "failed":
        return Reply(451, "4.0.0", "4.0.0 the provider says failed")
    if len(batch.parcels) > 1 and batch.language is not None and not batch.language.mixed_is_told:
        return Lost("the provider refused some recipients of a call and does not say whom")
    return Reply(250, "2.0.0", "2.0.0 taken by the provider, which says no more")


def _status(error: Exception) -> int | None:
    """Return the HTTP status of the answer, None when there was none."""
    if isinstance(error, AnymailAPIError):
        if error.status_code is not None:
            return int(error.status_code)
        response = error.response
        if isinstance(response, Mapping):  # boto's: throttling is a 400 there
            told = response.get("Error", {}).get("Code", "")
            if told in ("TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException"):
                return 429
            code = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return int(code) if code else None
    return None


def _never_left(error: BaseException) -> bool:
    """Return whether the request surely never reached the provider."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, NEVER_LEFT) or type(one).__name__ in NEVER_LEFT_BY_NAME:
            return True
        waiting += [one.__cause__, getattr(one, "reason", None), *one.args]
    return False


def _retry_after(error: Exception) -> float | None:
    """Return the seconds of Retry-After (RFC 9110 10.2.3), a number or a date; None without one."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    told = str(headers.get("Retry-After", "")).strip()
    if told.replace(".", "", 1).isdigit():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _words(error: Exception) -> str:
    """Return what the provider or the library said, on one line and bounded."""
    response = getattr(error, "response", None)
    text = getattr(response, "text", None)
    if isinstance(text, str) and text.strip():
        said = f"HTTP {response.status_code}: {text}"  # type: ignore[union-attr]  # it has a text
    else:
        cause = error.__cause__
        said = str(error) if cause is None else f"{type(cause).__name__}: {cause}"
    return " ".join(said.replace("\0", "").split())[:LONGEST_WORDS]
