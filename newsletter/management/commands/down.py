"""``newsletter down``: stop the embedded servers of this home."""

from __future__ import annotations

from typing import Any

from newsletter import embedded
from newsletter.management.verb import Verb


class Command(Verb):
    help = "Stop the embedded PostgreSQL, Valkey and mail catcher of this home."

    def run(self, **_: Any) -> dict[str, Any]:
        return {"stopped": embedded.down()}
