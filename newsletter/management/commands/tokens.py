"""``newsletter tokens``: keys for programs that use the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from newsletter.access.models import Token
from newsletter.access.tokens import SCOPES, create, revoke
from newsletter.errors import Invalid
from newsletter.management.verb import Verb, now, page, span_of_time


class Command(Verb):
    help = "Keys for programs: `tokens`, `tokens create NAME --scope articles:write`, `tokens revoke ID`."
    lists = "tokens"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "create", "revoke"], nargs="?", default="list")
        parser.add_argument("what", nargs="?", default="", metavar="NAME | ID")
        parser.add_argument("--scope", action="append", default=[], help=", ".join(SCOPES))
        parser.add_argument("--source", default="", help="what its articles come from (the facet source; default push)")
        parser.add_argument("--expires", type=span_of_time, metavar="90d", help="for how long it is valid")

    def run(
        self,
        *,
        act: str,
        what: str,
        scope: list[str],
        source: str,
        expires: timedelta | None,
        by: str,
        limit: int,
        after: str,
        **_: Any,
    ) -> dict[str, Any]:
        moment = now()
        if act == "create":
            until = moment + expires if expires else None
            token, secret = create(what, scopes=scope, source=source, expires_at=until, by=by, now=moment)
            return {**_row(token), "secret": secret}
        if act == "revoke":
            if not what.isdecimal():
                raise Invalid(f"{what!r} is no token.", where="token", fix="Give its number.")
            return _row(revoke(int(what), now=moment))
        found = Token.objects.order_by("-pk")
        rows, more = page(found.filter(pk__lt=int(after)) if after else found, limit)
        return {"tokens": [_row(row) for row in rows], "next": str(rows[-1].pk) if more else None}


def _row(token: Token) -> dict[str, Any]:
    names = ("name", "prefix", "scopes", "source", "created_by", "created_at", "expires_at", "last_used_at")
    return {"id": token.pk, **{name: getattr(token, name) for name in names}, "revoked_at": token.revoked_at}
