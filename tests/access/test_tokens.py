"""Who has a key, and which doors it opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.access.models import Token
from newsletter.access.tokens import Forbidden, Unknown, check_scope, create, revoke, token_of
from newsletter.errors import Invalid, NotFound
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def made(**given: object) -> tuple[Token, str]:
    return create(**{"name": "cms", "scopes": ["articles:write"], "by": "ada", "now": NOW, **given})  # type: ignore[arg-type]


def test_a_secret_opens_and_only_its_hash_is_kept() -> None:
    token, secret = made()
    assert token_of(secret, now=NOW) == token
    assert secret not in str(Token.objects.values().get())


SPOILS = {
    "shorter": lambda secret: secret[:-1],
    "longer": lambda secret: secret + "x",
    "nothing": lambda secret: secret[:0],
    "another mark": lambda secret: secret.replace("nlt", "xxx"),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_anything_but_the_whole_secret_is_unknown(spoil: object) -> None:
    with pytest.raises(Unknown):
        token_of(spoil(made()[1]), now=NOW)  # type: ignore[operator]


def test_a_revoked_token_opens_nothing_and_says_when() -> None:
    token, secret = made()
    assert revoke(token.pk, now=NOW).revoked_at == NOW
    with pytest.raises(Unknown):
        token_of(secret, now=NOW)


def test_a_token_ends_with_its_day() -> None:
    secret = made(expires_at=NOW + timedelta(days=1))[1]
    token_of(secret, now=NOW)
    with pytest.raises(Unknown):
        token_of(secret, now=NOW + timedelta(days=1))


def test_a_scope_that_was_not_given_is_refused_by_name() -> None:
    with pytest.raises(Forbidden, match="articles:read"):
        check_scope(made()[0], "articles:read")


@pytest.mark.parametrize(
    ("given", "fix"), [({"scopes": ["articles:writ"]}, "Did you mean articles:write?"), ({"scopes": []}, "One of")]
)
def test_a_token_needs_scopes_that_exist(given: dict[str, object], fix: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(**given)
    assert fix in refused.value.fix


def test_the_last_use_is_written_at_most_once_a_minute() -> None:
    token, secret = made()
    for seconds in (0, 30, 90):
        token_of(secret, now=NOW + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == NOW + timedelta(seconds=90 if seconds == 90 else 0)


def test_an_unknown_token_cannot_be_revoked() -> None:
    with pytest.raises(NotFound):
        revoke(10**9, now=NOW)
