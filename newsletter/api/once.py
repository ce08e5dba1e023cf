"""The same request twice is done once: answers are kept by idempotency key for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from newsletter.access.models import KeyedAnswer, Token
from newsletter.errors import Conflict, Invalid

KEPT = timedelta(hours=24)
GIVEN_UP = timedelta(minutes=2)  # who began so long ago is dead
LONGEST_KEY = 200
DONE = 200  # only what was done is kept; a refusal may come out otherwise the next time
Answer = dict[str, Any]


class Reused(Invalid):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


class UnderWay(Conflict):
    """The first request with this key is still being worked on."""

    code = "in_progress"


def once(token: Token, key: str, request: bytes, do: Callable[[], Answer], *, now: datetime) -> tuple[Answer, bool]:
    """Return the answer to ``request`` and whether it had been given before; without a key it is simply done.

    What ``do`` stores and the answer are committed together. Raises ``Reused`` and ``UnderWay``.
    """
    if not key:
        return do(), False
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid(
            "The idempotency key is too long or not printable.",
            where="Idempotency-Key",
            fix=f"Use {LONGEST_KEY} characters.",
        )
    kept = _begin(token, key, hashlib.sha256(request).hexdigest(), now)
    if kept.status is not None:
        return kept.body, True
    try:
        with transaction.atomic():
            answer = do()
            KeyedAnswer.objects.filter(pk=kept.pk).update(status=DONE, body=answer)
    except Exception:  # nothing was done: the same key may try again
        KeyedAnswer.objects.filter(pk=kept.pk, status=None).delete()
        raise
    return answer, False


def _begin(token: Token, key: str, request_hash: str, now: datetime) -> KeyedAnswer:
    KeyedAnswer.objects.filter(created_at__lt=now - KEPT).delete()
    kept, first = KeyedAnswer.objects.get_or_create(
        token=token, key=key, defaults={"request_hash": request_hash, "created_at": now}
    )
    if first:
        return kept
    if kept.request_hash != request_hash:
        raise Reused("This idempotency key belongs to another request.", where="Idempotency-Key", fix="Use a new one.")
    if kept.status is None:
        left_alone = KeyedAnswer.objects.filter(pk=kept.pk, status=None, created_at__lt=now - GIVEN_UP)
        if not left_alone.update(created_at=now):
            raise UnderWay("The first request with this key is not done.", where="Idempotency-Key", fix="Try later.")
    return kept
