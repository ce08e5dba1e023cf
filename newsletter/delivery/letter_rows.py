"""Letters as every door lists them: what became of each, in the relay's own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.errors import Invalid
from newsletter.letters.models import Letter


def letter_rows(*, state: str | None, after: int, limit: int) -> Iterator[dict[str, Any]]:
    """Yield letters, the newest first; ``after`` is the number of the last one seen, 0 for none.

    Raises ``Invalid`` for a state that does not exist.
    """
    if state is not None and state not in Letter.State.values:
        raise Invalid(f"There is no state {state!r}.", where="state", fix=f"One of: {', '.join(Letter.State.values)}.")
    found = Letter.objects.filter(**({"state": state} if state else {}), **({"pk__lt": after} if after else {}))
    for letter in found.defer("html", "text").order_by("-pk")[: min(limit, 2**62)].iterator():
        yield {
            "letter": letter.pk,
            "kind": letter.kind,
            "address": letter.address,
            "state": str(letter.state),
            "attempts": letter.attempts,
            "reply": f"{letter.code} {letter.answer}".strip(),
            "written_at": letter.written_at,
            "finished_at": letter.finished_at,
        }
