"""Keys for programs: made once, shown once, kept as a hash, opened by scope, ended by date or by hand."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

from django.db.models import Q

from newsletter.access.models import Token
from newsletter.errors import Invalid, NotFound, Refused

SCOPES = {
    "articles:read": "look at articles, select and explain",
    "articles:write": "push articles in",
    "newsletters:read": "look at newsletters, coverage and back-tests",
    "issues:read": "look at issues, their picks and their variants",
    "issues:write": "show blocks of an issue to groups of readers",
    "issues:approve": "approve issues, also over a rule of the proofreader where the newsletter allows it",
    "images:read": "look at the library of images",
    "images:write": "take images in, change and delete them, give them to articles",
    "database:confirm": "let sending go on after a restore or a failover",
    "issues:send": "send, pause, resume, cancel, resend, extend and correct issues",
    "deliveries:read": "look at every delivery with its address and the relay's words",
    "doctor:read": "look at the quarantine and at odd articles",
    "doctor:write": "set quarantined records right",
}
MARK = "nlt"  # what every secret begins with, so that scanners find one that leaked
PREFIX_SIGNS, SECRET_SIGNS = 8, 40
SEEN_EVERY = timedelta(minutes=1)  # the last use is written at most so often


class Unknown(Refused):
    """No token, or none of ours that is still valid."""

    code = "unauthorized"


class Forbidden(Refused):
    """The token does not open this door."""

    code = "forbidden"


def create(
    name: str, *, scopes: Sequence[str], source: str = "", expires_at: datetime | None = None, by: str, now: datetime
) -> tuple[Token, str]:
    """Return a new token and its secret, which nobody can see again; raises ``Invalid`` for an unknown scope."""
    if not name.strip() or len(name) > 100:
        raise Invalid("A token needs a name of at most 100 characters.", where="name", fix="Name the program.")
    if not scopes:
        raise Invalid("A token without a scope opens nothing.", where="scope", fix="One of: " + ", ".join(SCOPES))
    for scope in scopes:
        if scope not in SCOPES:
            near = get_close_matches(scope, SCOPES, 1)
            fix = f"Did you mean {near[0]}?" if near else "One of: " + ", ".join(SCOPES)
            raise Invalid(f"There is no scope {scope!r}.", where="scope", fix=fix)
    prefix, rest = secrets.token_hex(PREFIX_SIGNS // 2), secrets.token_urlsafe(SECRET_SIGNS)
    secret = f"{MARK}_{prefix}_{rest}"
    token = Token.objects.create(
        name=name.strip(),
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        source=source or "push",
        created_by=by,
        created_at=now,
        expires_at=expires_at,
    )
    return token, secret


def revoke(token_id: int, *, now: datetime) -> Token:
    """End a token at once; a second time changes nothing. Raises ``NotFound``."""
    token = Token.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound(f"There is no token {token_id}.", where="token", fix="See `newsletter tokens`.")
    Token.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now)
    token.refresh_from_db()
    return token


def token_of(secret: str, *, now: datetime) -> Token:
    """Return the token of a secret; raises ``Unknown`` for any other, without saying which part was wrong."""
    mark, _, rest = secret.partition("_")
    prefix = rest.partition("_")[0]
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    token = Token.objects.filter(alive, prefix=prefix[:16]).first() if mark == MARK else None
    known = token.secret_hash if token else "0" * 64
    if not hmac.compare_digest(known, _hash(secret)) or token is None:
        raise Unknown(
            "No valid token was given.", where="Authorization", fix="Send the header Authorization: Bearer TOKEN."
        )
    if token.last_used_at is None or now - token.last_used_at > SEEN_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def check_scope(token: Token, scope: str) -> None:
    """Raise ``Forbidden`` unless the token has the scope."""
    if scope not in token.scopes:
        raise Forbidden(
            f"The token {token.name!r} lacks the scope {scope}.", where="Authorization", fix="Make one that has it."
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
