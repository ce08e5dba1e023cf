"""Walk an MJML source tag by tag and say everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from operator import itemgetter

from newsletter.rendering.validate.attributes import NAME, Told, class_faults, form_faults, value_faults
from newsletter.rendering.validate.nearest import nearest
from newsletter.rendering.validate.problem import Lines, Problem
from newsletter.rendering.validate.scan import Token, scan
from newsletter.rendering.validate.table import (
    COMPONENTS,
    EMPTY,
    HEAD_ONLY,
    LEFT_OUT,
    RAW_IS_LEFT_OUT,
    TEXT_ONLY,
    Component,
)
from newsletter.rendering.validate.text import IMPORT, NO_TEXT, reference_fault

LARGEST_SOURCE = 1_000_000  # characters
DEEPEST = 60  # tags in one another
MOST_PROBLEMS = 100
LAYOUT = frozenset(["mj-body", "mj-wrapper", "mj-section", "mj-group"])
OLD = {"mj-container": "Put what it holds into mj-body, and what it says too."}  # of MJML 3
ONCE = frozenset(["mj-head", "mj-body"])


def validate(source: str) -> tuple[Problem, ...]:
    """Return every problem of ``source`` in its order, at most a hundred; never raises, whatever ``source`` holds.

    A source without a problem of level E is compiled by our pipeline. What there is comes from a table made from npm
    mjml; beside its rules ours refuse mj-include and @import, and bound size and nesting.
    """
    if len(source) > LARGEST_SOURCE:
        fix = f"Use at most {LARGEST_SOURCE}."
        return (Problem(1, 1, "mjml", f"The MJML has {len(source)} characters.", fix),)
    return _Walk(source).problems()


class _Walk:
    """One pass over one source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = Lines(source)
        self._open: list[tuple[str, int]] = []  # names and offsets
        self._html_since = 0  # how many tags were open when HTML began, 0 outside
        self._classes: dict[str, dict[str, str]] = {}
        self._classed: list[Token] = []
        self._seen: set[str] = set()
        self._once: list[str] = []  # which of ONCE have begun
        self._errors: list[tuple[int, Problem]] = []  # each with its offset
        self._warnings: list[tuple[int, Problem]] = []

    def problems(self) -> tuple[Problem, ...]:
        if control := NO_TEXT.search(self._source):
            told = f"U+{ord(control[0]):04X} is no character of text."
            self._tell(control.start(), "", told, "Remove it.")
        for token in scan(self._source):
            if not self._take(token) or len(self._errors) >= MOST_PROBLEMS:
                break
        else:
            self._end()
        for classed in self._classed:
            self._tell_all(classed, class_faults(classed, self._classes))
        room = MOST_PROBLEMS - len(self._errors)  # no number of warnings hides an error
        found = [*self._errors, *self._warnings[:room]]
        return tuple(problem for _, problem in sorted(found, key=itemgetter(0)))

    def _take(self, token: Token) -> bool:
        """Look at one token; False ends the walk."""
        if token.kind in ("open", "empty"):
            return self._enter(token)
        if token.kind == "close":
            self._leave(token)
        elif token.kind == "broken":
            if token.name == "<":
                fix = "Write &lt; for the sign, or close the tag and its quotes."
                self._tell(token.offset, self._here, "A < begins no tag.", fix)
            else:
                self._tell(token.offset, self._here, f"A {token.name} is not closed.", "Close it.")
            return False
        elif token.kind == "notice":
            fix = "Leave it out and start with <mjml>."
            self._tell(token.offset, self._here, "A document type or instruction is not allowed.", fix)
        else:
            self._read(token)
        return True

    @property
    def _here(self) -> str:
        return self._open[-1][0] if self._open else ""

    @property
    def _in_defaults(self) -> bool:
        """Whether we stand inside a component of mj-attributes, which only says what others are to be."""
        return len(self._open) > 1 and self._open[-2][0] == "mj-attributes"

    def _enter(self, token: Token) -> bool:
        name, parent = token.name, self._here
        if not self._open and (name != "mjml" or "mjml" in self._seen):
            message = "A second document follows." if self._seen else f"The first tag is <{name[:40]}>."
            self._tell(token.offset, name, message, "Start with <mjml> and end with </mjml>.")
            return False
        self._seen.add(name)
        if token.attributes:
            self._tell_all(token, form_faults(token))
        component = COMPONENTS.get(name)
        if self._in_defaults:
            self._tell(
                token.offset, name, f"<{parent}> holds defaults here and nothing else.", f"Take <{name[:40]}> out."
            )
        elif self._html_since:
            self._html(token, parent)
        elif component is None:
            self._stranger(token, parent)
        else:
            self._component(token, component, parent)
        if token.kind == "open":
            self._open.append((name, token.offset))
            if not self._html_since and (component is None or component.holds_html):
                self._html_since = len(self._open)
            if len(self._open) > DEEPEST:
                self._tell(token.offset, name, "The tags are nested too deeply.", f"Use at most {DEEPEST} levels.")
                return False
        return True

    def _html(self, token: Token, parent: str) -> None:
        holder = self._open[self._html_since - 1][0]
        if token.name == "mj-include":
            self._include(token)
        elif token.name.startswith("mj-") or token.name == "mjml":
            self._tell(token.offset, token.name, f"<{token.name[:40]}> stands inside <{holder}>.", "Close it before.")
        elif not NAME.fullmatch(token.name):
            fix = "Use names of HTML without a prefix."
            self._tell(token.offset, token.name, f"<{token.name[:40]}> is no name of a tag.", fix)
        elif holder in TEXT_ONLY or holder in EMPTY:
            holds = "text only" if holder in TEXT_ONLY else "nothing"
            self._tell(token.offset, token.name, f"<{holder}> holds {holds}.", f"Take <{token.name[:40]}> out.")

    def _stranger(self, token: Token, parent: str) -> None:
        name = token.name
        if name == "mj-include":
            self._include(token)
        elif name.lower().startswith("mj"):
            fix = OLD.get(name) or nearest(name, COMPONENTS, "Use a component of MJML 4.")
            self._tell(token.offset, name, f"There is no <{name[:40]}>.", fix)
        else:
            fix = "Put it into mj-text, mj-table or mj-raw."
            self._tell(token.offset, name, f"<{name[:40]}> cannot stand in <{parent}>.", fix)

    def _include(self, token: Token) -> None:
        self._tell(token.offset, token.name, "mj-include is not allowed.", "Use Jinja's include.")

    def _component(self, token: Token, component: Component, parent: str) -> None:
        name = token.name
        inside = COMPONENTS[parent].children if parent in COMPONENTS else frozenset[str]()
        if parent in ("mj-attributes", "mj-class"):
            if parent == "mj-class" or name in HEAD_ONLY or name in ("mjml", "mj-head"):
                self._tell(token.offset, name, f"<{name}> cannot stand in <{parent}>.", "Take it out.")
        elif parent and name not in inside:
            loose = name in COMPONENTS["mj-column"].children and parent in LAYOUT  # compiled, though not as meant
            fix = f"Put it into {', '.join(component.parents)}."
            self._tell(token.offset, name, f"<{name}> cannot stand in <{parent}>.", fix, "W" if loose else "E")
        if name == "mj-carousel":
            fix = "Show the images one below the other."
            self._tell(token.offset, name, "<mj-carousel> moves in few mail programs.", fix, "W")
        if name in LEFT_OUT:
            self._tell(token.offset, name, f"<{name}> is left out.", LEFT_OUT[name], "W")
        elif name == "mj-raw" and parent in RAW_IS_LEFT_OUT:
            self._tell(token.offset, name, f"<mj-raw> is left out of <{parent}>.", "Put it elsewhere.", "W")
        if name in ONCE and parent == "mjml":
            if name in self._once:
                self._tell(token.offset, name, f"There are two <{name}>.", "Keep one of them.")
            self._once.append(name)
        values = {one.name: one.value for one in token.attributes if one.value is not None}
        if name == "mj-image" and parent != "mj-attributes" and not {"alt", "mj-class"} & values.keys():
            fix = 'Say what it shows, or write alt="" where words beside it do.'
            self._tell(token.offset, name, "<mj-image> has no alt.", fix, "W")
        if not token.attributes:
            return
        self._tell_all(token, value_faults(token, component))
        if name == "mj-class":
            defined = {key: value for key, value in values.items() if key != "name"}
            self._classes.setdefault(values.get("name", ""), {}).update(defined)
        if values.get("mj-class"):
            self._classed.append(token)

    def _leave(self, token: Token) -> None:
        names = [name for name, _ in self._open]
        if token.name not in names:
            left = f"<{names[-1]}> is open" if names else "nothing is open"
            fix = f"Close <{names[-1]}> first." if names else "Remove it."
            self._tell(token.offset, token.name, f"</{token.name[:40]}> closes nothing: {left}.", fix)
            return
        while self._open:
            name, offset = self._open.pop()
            if len(self._open) < self._html_since:
                self._html_since = 0
            if name == token.name:
                return
            message = f"<{name[:40]}> is still open where </{token.name[:40]}> comes."
            self._tell(offset, name, message, f"Write </{name[:40]}>.")

    def _read(self, token: Token) -> None:
        """Look at text; inside structure there may only be blanks."""
        text, here = token.name, self._here
        blank = not text.strip()
        if blank:
            return
        offset = token.offset + len(text) - len(text.lstrip())
        if self._in_defaults:
            self._tell(offset, here, f"<{here}> holds defaults here and nothing else.", "Take the text out.")
            return
        if not self._html_since or here in EMPTY:
            where = f"directly in <{here}> and is left out" if here else "outside <mjml>"
            fix = "Put it into mj-text or another that holds text."
            self._tell(offset, here, f"Text stands {where}.", fix, "W" if here in COMPONENTS else "E")
        if token.kind == "data":
            return
        if token.kind == "css" and re.search("<[/!]", unescape(text)):
            self._tell(offset, here, "The style holds markup.", "Write CSS only.")
        if wrong := reference_fault(text):
            self._tell(offset, here, wrong, "Write the sign itself.")
        if "]]>" in text:
            self._tell(offset, here, "]]> stands in the text.", "Write ]]&gt; for it.")
        if here in ("mj-style", "style") and (found := IMPORT.search(text)):
            fix = "Write the rules into the template."
            self._tell(token.offset + found.start(), here, "@import is not allowed in mail.", fix)

    def _end(self) -> None:
        for name, offset in self._open:
            self._tell(offset, name, f"<{name[:40]}> is not closed.", f"Write </{name[:40]}>.")
        if not self._seen:
            self._tell(0, "mjml", "There is no tag.", "Start with <mjml>.")
        elif "mj-body" not in self._once and not self._errors:
            self._tell(0, "mjml", "There is no <mj-body>.", "Put the sections into <mj-body>.")

    def _tell_all(self, token: Token, told: Iterable[Told]) -> None:
        for offset, message, fix, level in told:
            self._tell(offset, token.name, message, fix, level)

    def _tell(self, offset: int, tag: str, message: str, fix: str, level: str = "E") -> None:
        found = self._errors if level == "E" else self._warnings
        if len(found) < MOST_PROBLEMS:
            found.append((offset, Problem(*self._lines.at(offset), tag[:40], message, fix, level)))
