"""``newsletter doctor``: is every part well?"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from newsletter.management.health import examine
from newsletter.management.verb import DONE, REFUSED, Verb


class Command(Verb):
    help = "Examine every part and say what is wrong and what to do."

    def run(self, **_: Any) -> dict[str, Any]:
        parts = examine(timezone.now())
        well = all(part.ok for part in parts)
        rows = [{"name": part.name, "ok": part.ok, "detail": part.detail} for part in parts]
        return {"ok": well, "parts": rows, "exit_code": DONE if well else REFUSED}

    def in_words(self, answer: dict[str, Any]) -> str:
        """Return one line a part, whole: what is to be done stands at its end."""
        widest = max(len(part["name"]) for part in answer["parts"])
        told = [(part["name"], "yes" if part["ok"] else "no", part["detail"]) for part in answer["parts"]]
        lines = [f"{name:{widest}}  {well:3}  {detail}".rstrip() for name, well, detail in told]
        return "\n".join([f"ok: {'yes' if answer['ok'] else 'no'}", "", *lines]) + "\n"
