"""Render with a template that editors wrote: in a child process with limits of time and memory, proofread there too.

Whatever such a template does, it ends: as a rendering with its findings, or as ``Invalid`` with file and line.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.errors import Invalid
from newsletter.rendering.child import Child, Late
from newsletter.rendering.digest import Digest
from newsletter.rendering.environment import Own
from newsletter.rendering.finding import Finding, Phrase
from newsletter.rendering.render import TEMPLATES, Rendering

WORK_SECONDS = 4  # of the processor, for one rendering and its proofreading
PATIENCE_SECONDS = 20  # by the clock: a busy machine is no fault of a template
MEMORY_BYTES = 512 << 20
LARGEST_HTML = 1_000_000  # octets; ten times what Gmail shows
LARGEST_TEMPLATE = 200_000  # characters
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template of the newsroom's own: MJML and plain text in Jinja; ``text`` "" is the text part of classic."""

    name: str
    mjml: str
    text: str = ""

    def sources(self) -> Own:
        """Return its files by their names."""
        text = self.text or '{% include "classic.txt.j2" %}'
        return ((f"{self.name}.mjml.j2", self.mjml), (f"{self.name}.txt.j2", text))


@dataclass(frozen=True, slots=True)
class Against:
    """What the proofreader holds a rendering against; see ``proofread``."""

    production: bool
    now: datetime | None = None
    list_unsubscribe: tuple[str, ...] | None = None
    phrases: tuple[Phrase, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain data that ``against`` turns back."""
        return {**asdict(self), "now": self.now.isoformat() if self.now else None}


def against(told: Mapping[str, Any]) -> Against:
    """Return what ``as_dict`` wrote."""
    return Against(
        production=told["production"],
        now=datetime.fromisoformat(told["now"]) if told["now"] else None,
        list_unsubscribe=None if told["list_unsubscribe"] is None else tuple(told["list_unsubscribe"]),
        phrases=tuple(Phrase(**one) for one in told["phrases"]),
    )


def render_confined(
    digest: Digest, template: OwnTemplate | str, *, nonce: str, against: Against, templates: Path = TEMPLATES
) -> tuple[Rendering, tuple[Finding, ...]]:
    """Return the rendering of ``digest`` with a template of one's own (or of ``templates``), and its findings.

    Raises ``Invalid`` with file and line for a template that is wrong, that takes longer than ``WORK_SECONDS`` of the
    processor or more than ``MEMORY_BYTES``, or makes more than ``LARGEST_HTML``.
    """
    name, own = (template, ()) if isinstance(template, str) else (template.name, template.sources())
    where = f"{name}.mjml.j2"
    if any(len(source) > LARGEST_TEMPLATE for _, source in own):
        raise Invalid(f"The template is longer than {LARGEST_TEMPLATE:,} characters.", where=where, fix="Shorten it.")
    request = {
        "digest": digest.as_dict(),
        "template": name,
        "own": own,
        "nonce": nonce,
        "against": against.as_dict(),
        "templates": str(templates),
    }
    answer = confined.ask(request, where=where)
    if "error" in answer:
        raise Invalid(**answer["error"])
    made = Rendering(**{**answer["rendering"], "warnings": _findings(answer["rendering"]["warnings"])})
    return made, _findings(answer["findings"])


class Confined(Child):
    """The child that renders what editors wrote. It gets no environment: neither keys nor addresses are in it."""

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        super().__init__(patience_seconds=patience_seconds)

    def command(self) -> list[str]:
        """Return what starts the process."""
        numbers = (MEMORY_BYTES, WORK_SECONDS, LARGEST_HTML)
        return [sys.executable, "-I", "-m", "newsletter.rendering.confined_child", *map(str, numbers)]

    def environment(self) -> Mapping[str, str]:
        """Return the environment of the process: empty."""
        return {}

    def ask(self, request: Mapping[str, Any], *, where: str) -> dict[str, Any]:
        """Return the child's answer; a template it dies of or that it does not come back from is ``Invalid``."""
        with self._lock:
            try:
                return dict(json.loads(self._ask(json.dumps(request).encode())))
            except Late:
                told = f"The template was not done after {self.patience_seconds:g} s."
                raise Invalid(told, where=where, fix="Look for loops and numbers without end.") from None
            except (EOFError, OSError):
                self.close()
                told = f"The template needs more than {WORK_SECONDS} s or {MEMORY_BYTES >> 20} MB."
                raise Invalid(told, where=where, fix="Look for loops and repetitions without end.") from None


def _findings(told: list[dict[str, str]]) -> tuple[Finding, ...]:
    return tuple(Finding(**one) for one in told)


confined = Confined()
