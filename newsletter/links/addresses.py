"""The addresses that stand in mail."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from newsletter.links.sign import make, maker

DEAD = "preview"  # the token of previews and proofs: its page says so and does nothing
PATHS = {"unsubscribe": "u", "preferences": "p", "view": "v", "confirm": "c"}


def unsubscribe(reader_id: int, newsletter_id: int, issue_id: int) -> str:
    """Return the one-click address (RFC 8058) by which this reader leaves this newsletter."""
    return _address("unsubscribe", make("unsubscribe", reader_id, newsletter_id, issue_id))


def preferences(reader_id: int, newsletter_id: int) -> str:
    """Return the address of this reader's preferences."""
    return preferences_of(newsletter_id)(reader_id)


def preferences_of(newsletter_id: int) -> Callable[[int], str]:
    """Return ``preferences`` of one newsletter: for those who make one for every reader."""
    make_token, start = maker("preferences", newsletter_id), _address("preferences", "")
    return lambda reader_id: start + make_token(reader_id)


def view(issue_id: int, variant: int = 1) -> str:
    """Return the address that shows a variant of an issue in the browser, without anything personal."""
    return _address("view", make("view", issue_id, variant) if variant > 1 else make("view", issue_id))


def confirm(consent_id: int) -> str:
    """Return the address by which somebody who asked for a newsletter says yes."""
    return _address("confirm", make("confirm", consent_id))


def dead(kind: str) -> str:
    """Return the address that stands in previews and proofs for ``kind``."""
    return _address(kind, DEAD)


def unsubscribe_mailto(bounce_domain: str, reader_id: int, newsletter_id: int, issue_id: int) -> str:
    """Return the mailto address of List-Unsubscribe: its local part carries the token (RFC 2369)."""
    return ways_out(bounce_domain, newsletter_id, issue_id)(reader_id)[1]


def ways_out(bounce_domain: str, newsletter_id: int, issue_id: int) -> Callable[[int], tuple[str, str]]:
    """Return what makes, for one reader, both addresses of List-Unsubscribe, https and mailto, of one token."""
    make_token, start = maker("unsubscribe", newsletter_id, issue_id), _address("unsubscribe", "")

    def ways(reader_id: int) -> tuple[str, str]:
        token = make_token(reader_id)
        return start + token, f"mailto:leave+{token}@{bounce_domain}?subject=unsubscribe"

    return ways


def _address(kind: str, token: str) -> str:
    return f"{settings.SITE_URL}/{PATHS[kind]}/{token}"
