"""Send letters: their own queue, before any issue, one intent mark each as for a delivery."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from newsletter.delivery.bounced import NOBODY_THERE
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.dkim.ring import keys_of
from newsletter.delivery.dkim.stamp import stamped
from newsletter.delivery.epoch import HELD
from newsletter.delivery.headers import address_octets
from newsletter.delivery.ledger import LEASE_SECONDS
from newsletter.delivery.message import Copy, Sheet, compile_message
from newsletter.delivery.models import DeliveryState
from newsletter.delivery.outcome import backoff, judge
from newsletter.delivery.relays.letter_ways import LetterWays
from newsletter.delivery.relays.outlet import DEFAULT, Outlet, current_outlets
from newsletter.delivery.return_path import return_path
from newsletter.delivery.safe import may_go
from newsletter.delivery.span import span
from newsletter.delivery.transport import RCPT, Answered, Down, Envelope, Transport
from newsletter.errors import Invalid
from newsletter.letters.models import Letter
from newsletter.readers.suppress import is_suppressed

log = logging.getLogger(__name__)
State = Letter.State
GIVE_UP_AFTER = timedelta(hours=24)
TO_STAFF = frozenset({"proof"})  # for whoever works here: what readers said or bounced does not concern it
_CLAIM = f"""
UPDATE newsletter_letter SET state = '{State.LEASED}', owner = %(owner)s,
    lease_until = clock_timestamp() + interval '{LEASE_SECONDS} seconds'
WHERE NOT {HELD} AND id = (SELECT id FROM newsletter_letter WHERE state = '{State.QUEUED}'
    OR (state = '{State.DEFERRED}' AND next_attempt_at <= clock_timestamp())
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""
_MARK = f"""
UPDATE newsletter_letter SET state = '{State.WIRE}', attempts = attempts + 1,
    lease_until = clock_timestamp() + interval '15 minutes'
WHERE id = %(id)s AND owner = %(owner)s AND state = '{State.LEASED}' AND lease_until > clock_timestamp()
"""


def send_letters(
    *, seconds: float = 45.0, stopping: Callable[[], bool] = lambda: False, transport: Transport | None = None
) -> int:
    """Send the letters that are due for at most ``seconds``; returns how many were accepted."""
    end = time.monotonic() + seconds
    owner, accepted = uuid4(), 0
    outlets = [Outlet(DEFAULT, transport)] if transport else current_outlets(day=database_now().date())
    with closing(LetterWays(outlets)) as ways:
        while time.monotonic() < end and not stopping():
            letter = _claim(owner)
            if letter is None:
                break
            with span("letter", letter=letter.pk):
                accepted += _send(letter, owner, ways, now=database_now())
    return accepted


def _claim(owner: UUID) -> Letter | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"owner": owner})
        row = cursor.fetchone()
    return Letter.objects.select_related("sender").get(pk=row[0]) if row else None


def _send(letter: Letter, owner: UUID, ways: LetterWays, *, now: datetime) -> bool:
    if letter.expires_at is not None and letter.expires_at <= now:
        return _end(letter, owner, State.EXPIRED, now=now)
    if not may_go(letter.address):
        return _end(letter, owner, State.CANCELLED, now=now, words="not on the safe list")
    try:
        if letter.kind not in TO_STAFF and is_suppressed(letter.address):
            return _end(letter, owner, State.CANCELLED, now=now, words="suppressed")
        octets = letter_octets(letter)
        recipient = address_octets(letter.address)
    except Invalid as error:
        return _end(letter, owner, State.REFUSED, now=now, words=error.message)
    sender = return_path("l", letter.pk, letter.sender.bounce_domain)
    envelope = Envelope(letter.pk, sender, recipient, utf8=not recipient.isascii())
    word = ways.submit(letter.sender.relay, envelope, lambda: octets, lambda: _mark(letter, owner))
    return _judge(letter, owner, word, now=now)


def letter_octets(letter: Letter) -> bytes:
    """Return the letter as a dot-stuffed message, built as every copy of an issue is."""
    sheet = Sheet(
        from_name=letter.sender.name,
        from_address=letter.sender.address,
        reply_to=letter.sender.reply_to,
        date=letter.written_at,
        subject=[letter.subject],
        html=[letter.html],
        text=[letter.text],
        boundary=f"letter-{letter.pk}",
        headers={"Auto-Submitted": "auto-generated", **letter.headers},
    )
    compiled = stamped(compile_message(sheet), keys_of(letter.sender), now=database_now())
    return compiled.content(Copy(letter.message_id.strip("<>"), letter.name, letter.address, {}))


def _mark(letter: Letter, owner: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"id": letter.pk, "owner": owner})
        return bool(cursor.rowcount == 1)


def _judge(letter: Letter, owner: UUID, word: Answered | Down | None, *, now: datetime) -> bool:
    if word is None:
        return False
    if isinstance(word, Down):
        if word.unanswered is not None:
            return _end(letter, owner, State.IN_DOUBT, now=now, words=word.words)
        return _again(letter, owner, now=now, code="", words=word.words)
    outcome = judge(word.phase, word.reply)
    code, words = str(word.reply.code), word.reply.words
    if outcome.state == DeliveryState.ACCEPTED:
        return _end(letter, owner, State.ACCEPTED, now=now, code=code, words=words)
    if outcome.state == DeliveryState.REFUSED:
        nobody = word.phase == RCPT and word.reply.enhanced in NOBODY_THERE and letter.kind not in TO_STAFF
        return _end(letter, owner, State.REFUSED, now=now, code=code, words=words, nobody_there=nobody)
    return _again(letter, owner, now=now, code=code, words=words)


def _end(
    letter: Letter,
    owner: UUID,
    state: Letter.State,
    *,
    now: datetime,
    code: str = "",
    words: str = "",
    nobody_there: bool = False,
) -> bool:
    Letter.objects.filter(pk=letter.pk, owner=owner).update(
        state=state,
        code=code,
        answer=words,
        nobody_there=nobody_there,
        finished_at=now,
        owner=None,
        lease_until=None,
        next_attempt_at=None,
    )
    log.info("letter_ended letter=%s kind=%s state=%s", letter.pk, letter.kind, state)
    return state == State.ACCEPTED


def _again(letter: Letter, owner: UUID, *, now: datetime, code: str, words: str) -> bool:
    """Try later; a letter a day old expires."""
    if now - letter.written_at > GIVE_UP_AFTER:
        return _end(letter, owner, State.EXPIRED, now=now, code=code, words=words)
    Letter.objects.filter(pk=letter.pk, owner=owner).update(
        state=State.DEFERRED,
        code=code,
        answer=words,
        owner=None,
        lease_until=None,
        next_attempt_at=now + backoff(letter.attempts + 1) / 5,
    )
    return False
