"""What the caller of a deliverer decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.delivery.work import ANY, Terms, Writer


@dataclass(frozen=True, slots=True)
class Orders:
    """How to write an issue, what to do in trouble, when to end.

    ``writer`` may raise a ``NewsletterError``: that issue is paused. ``witness`` is told named points, for tests.
    """

    writer: Callable[[int], Writer]
    pause: Callable[[int, str, str], None]  # with the relay's words, and by what refusals in a row are alike
    safe: Callable[[str], bool]
    stopping: Callable[[], bool]
    seconds: float
    terms: Callable[[int], Terms] = field(default=lambda _issue: ANY)
    witness: Callable[[str], None] = field(default=lambda _point: None)
