"""The bearer token of a request, held against the scope that its door asks for."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from newsletter.access.models import Token
from newsletter.access.tokens import check_scope, token_of
from newsletter.api.pace import count


class Scope(HttpBearer):
    """Lets a request in whose token has one scope; a session cookie opens nothing."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        now = timezone.now()
        known = token_of(token, now=now)
        count(known, now=now)
        check_scope(known, self.scope)
        return known


def token_behind(request: HttpRequest) -> Token:
    """Return the token that opened the door of this request."""
    token = request.auth  # type: ignore[attr-defined]  # set by ninja from Scope.authenticate
    assert isinstance(token, Token)
    return token
