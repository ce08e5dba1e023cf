"""What the playground shows: a template on made-up or real issues, rendered anew whenever a file changes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.errors import Invalid
from newsletter.rendering.confined import Against, OwnTemplate, render_confined
from newsletter.rendering.digest import Digest
from newsletter.rendering.finding import Finding
from newsletter.rendering.personal import DEAD, fill_all
from newsletter.rendering.playground.picture import with_pictures
from newsletter.rendering.render import TEMPLATES, Rendering
from newsletter.rendering.sample import sample
from newsletter.rendering.words import LANGUAGES, LOCALE

NONCE = "0123456789abcdef"
SIZES = (3, 10, 20)  # articles of a made-up issue
ADDRESSES = {name: f"https://newsletter.example/{name}" for name in ("unsubscribe", "preferences", "view")}
WATCHED = ("*.j2", "*.po")
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
Make = Callable[[], OwnTemplate | str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One issue as the template makes it; ``rendering`` None when it makes nothing."""

    name: str
    rendering: Rendering | None
    findings: tuple[Finding, ...]


@dataclass
class Playground:
    """A template, the folder of the others, and issues by name beside the made-up ones.

    ``make`` returns the template as it is now: the name of one in the folder, or one read from ``files``.
    """

    make: Make
    templates: Path = TEMPLATES
    files: tuple[Path, ...] = ()
    issues: Mapping[str, Digest] = field(default_factory=dict)
    _kept: dict[tuple[str, str, int], Shown] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> tuple[str, ...]:
        """Return what can be shown: real issues first, then every language of the made-up one."""
        return (*self.issues, *LANGUAGES)

    def stamp(self) -> str:
        """Return a text that changes whenever one of the files does."""
        return "-".join(f"{kind:x}" for kind in _ages((*self.files, *_below(self.templates), *_below(LOCALE))))

    def show(self, name: str, *, articles: int) -> Shown:
        """Return an issue as the template makes it now; raises ``KeyError`` for an unknown name."""
        stamp = self.stamp()
        with self._lock:
            if not any(known[0] == stamp for known in self._kept):
                self._kept.clear()
            key = (stamp, name, articles)
            if key not in self._kept:
                self._kept[key] = self._made(name, articles)
            return self._kept[key]

    def _made(self, name: str, articles: int) -> Shown:
        digest = self.issues.get(name) or sample(name, items=articles, images=articles // 2)
        try:
            template = self.make()
            made, findings = render_confined(
                digest, template, nonce=NONCE, against=Against(production=False), templates=self.templates
            )
        except Invalid as error:
            return Shown(name, None, (Finding("template", "E", error.where, f"{error.message} {error.fix}"),))
        except OSError as error:
            return Shown(name, None, (Finding("template", "E", str(error.filename), "The file cannot be read."),))
        return Shown(name, made, findings)


def mail(shown: Shown, *, dark: bool) -> str:
    """Return the HTML part with dead links, our own pictures, and the scheme decided in place of the browser."""
    if shown.rendering is None:
        return ""
    html = fill_all(shown.rendering.html, NONCE, {**DEAD, **ADDRESSES})
    decided = _DARK.sub("@media all" if dark else "@media not all", html)
    return with_pictures(decided, lambda number: f"/picture/{number}.svg")


def text(shown: Shown) -> str:
    """Return the text part with dead links."""
    return fill_all(shown.rendering.text, NONCE, {**DEAD, **ADDRESSES}) if shown.rendering else ""


def _below(folder: Path) -> Iterable[Path]:
    return (file for pattern in WATCHED for file in folder.rglob(pattern))


def _ages(files: Iterable[Path]) -> tuple[int, int, int]:
    """Return the newest change, the sum of sizes and the number of files."""
    newest = size = number = 0
    for file in files:
        try:
            told = file.stat()
        except OSError:
            continue  # an editor is just replacing it
        newest, size, number = max(newest, told.st_mtime_ns), size + told.st_size, number + 1
    return newest, size, number
