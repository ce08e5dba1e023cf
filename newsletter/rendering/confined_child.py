"""The child of ``confined``: takes requests on its standard input, renders, proofreads, answers; limits stand first.

``python -I -m newsletter.rendering.confined_child MEMORY_BYTES WORK_SECONDS LARGEST_HTML``
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from mjml import mjml2html

from newsletter.errors import Invalid, NewsletterError
from newsletter.rendering import mjml
from newsletter.rendering.confined import against
from newsletter.rendering.digest import from_dict
from newsletter.rendering.environment import Own, markup, place_of
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import render

SPARE_SECONDS = 2  # between the exception that can name the line and the end of the process


class Overdue(BaseException):
    """The time is up; no handler of a template engine takes it for an error of its own."""


class Directly:
    """MRML in this process: it may die, for it is only a child."""

    def compile(self, source: str) -> str:
        """Return the HTML of hardened MJML."""
        try:
            return str(mjml2html(source, disable_comments=True, fonts={}))
        except ValueError as error:
            raise Invalid(f"MJML: {error}.", where="mjml", fix="Correct the template.") from None


def main() -> None:
    """Answer until the input ends."""
    memory, seconds, largest = map(int, sys.argv[1:4])
    _limit(memory)
    mjml.__dict__["compiler"] = Directly()
    signal.signal(signal.SIGPROF, _overdue)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(4):
        request = json.loads(source.read(struct.unpack(">I", head)[0]))
        octets = json.dumps(_answer(request, seconds=seconds, largest=largest)).encode()
        target.write(struct.pack(">I", len(octets)) + octets)
        target.flush()


def _limit(memory: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _overdue(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Overdue


def _answer(request: Mapping[str, Any], *, seconds: int, largest: int) -> dict[str, Any]:
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds + SPARE_SECONDS, resource.RLIM_INFINITY))
    file = f"{request['template']}.mjml.j2"
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            return _rendered(request, largest=largest)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except NewsletterError as error:
        return _refusal(error.message, error.where or file, error.fix)
    except Overdue as error:
        fix = "Look for loops in loops, and for macros that call themselves."
        return _refusal(f"The template takes longer than {seconds} s.", place_of(error, file), fix)
    except MemoryError as error:
        fix = "Look for repetitions without end."
        return _refusal("The template needs more memory than it may have.", place_of(error, file), fix)
    except RecursionError as error:
        return _refusal("The template goes too deep.", place_of(error, file), "Leave one of the calls out.")
    except Exception as error:  # whatever a library makes of what it was given
        return _refusal(f"{type(error).__name__}: {error}", place_of(error, file), "Correct the template.")


def _rendered(request: Mapping[str, Any], *, largest: int) -> dict[str, Any]:
    own: Own = tuple((name, text) for name, text in request["own"])
    templates = Path(request["templates"])
    for name, text in own:
        _refuse_raw(templates / "digests", name, text)
    digest = from_dict(request["digest"])
    made = render(digest, template=request["template"], nonce=request["nonce"], templates=templates, own=own)
    size = len(made.html.encode())
    if size > largest:
        told = f"The template makes {size:,} bytes of HTML, more than {largest:,}."
        raise Invalid(told, where=f"{request['template']}.mjml.j2", fix="Show less of every article.")
    asked = against(request["against"])
    findings = proofread(
        made,
        digest,
        production=asked.production,
        now=asked.now,
        list_unsubscribe=asked.list_unsubscribe,
        phrases=asked.phrases,
    )
    return {"rendering": asdict(made), "findings": [asdict(one) for one in findings]}


def _refuse_raw(folder: Path, name: str, text: str) -> None:
    """Refuse what would let words of an article be markup: |safe and autoescape blocks."""
    if not name.endswith(".mjml.j2"):
        return
    with suppress(TemplateSyntaxError):  # rendering tells it with its line
        tree = markup(folder).parse(text, name)
        for filtered in tree.find_all(nodes.Filter):
            if filtered.name == "safe":
                _raw("The filter safe", name, filtered.lineno)
        for block in tree.find_all((nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)):
            _raw("autoescape", name, block.lineno)


def _raw(what: str, name: str, line: int) -> NoReturn:
    told = f"{what} would let words of an article be markup."
    raise Invalid(told, where=f"{name}, line {line}", fix="Leave it out; everything is escaped as it must be.")


def _refusal(message: str, where: str, fix: str) -> dict[str, Any]:
    return {"error": {"message": message, "where": where, "fix": fix}}


if __name__ == "__main__":
    main()
