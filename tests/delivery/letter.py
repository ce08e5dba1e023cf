"""A letter to be sent."""

from __future__ import annotations

from django.utils import timezone

from newsletter.letters.models import Letter
from newsletter.letters.write import write
from tests.factories import make_newsletter


def make_letter(**given: object) -> Letter:
    """A confirmation to one reader that nobody has sent; ``given`` is what is not as usual."""
    plain = {
        "key": "k1",
        "sender": given.get("sender") or make_newsletter().sender,
        "address": "ada@readers.example",
        "subject": "Confirm",
        "text": "Please confirm.",
        "html": "<p>Please confirm.</p>",
        "now": timezone.now(),
    }
    return write("confirmation", **{**plain, **given})  # type: ignore[arg-type]
