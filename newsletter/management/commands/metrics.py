"""``newsletter metrics``: the figures of ``/metrics``, for a textfile collector or a look."""

from __future__ import annotations

from typing import Any

from newsletter.delivery.measure import exposition, measure
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Print every figure in Prometheus' text format."

    def run(self, **_: Any) -> dict[str, Any]:
        return {
            "metrics": [
                {"name": one.name, "kind": one.kind, "labels": dict(labels), "value": value, "help": one.words}
                for one in measure(now=now())
                for labels, value in one.values
            ]
        }

    def in_words(self, answer: dict[str, Any]) -> str:
        return exposition(measure(now=now()))
