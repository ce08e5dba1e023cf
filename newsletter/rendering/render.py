"""Digest to bytes: the one pipeline that preview, proof, archive and sending share."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from newsletter.errors import Invalid
from newsletter.rendering.author_css import author_css
from newsletter.rendering.digest import Digest, from_dict
from newsletter.rendering.environment import Own, fill_marked_template, fill_template, fill_text_template
from newsletter.rendering.finding import Finding
from newsletter.rendering.inline import inline
from newsletter.rendering.insert import insert
from newsletter.rendering.mjml import Place, compile_valid, refuse
from newsletter.rendering.personal import ANY_TOKEN
from newsletter.rendering.plaintext import wrap
from newsletter.rendering.ratio import keep_ratio
from newsletter.rendering.trace import origin
from newsletter.rendering.typography import typography
from newsletter.rendering.validate import Problem, validate
from newsletter.rendering.words import base, words

COMPACT_ABOVE = 8  # items
SLOTTED = ("subject", "preheader", "note")  # the fields in which editors may write slots
_INSTALLED = Path(__file__).parents[1] / "templates"  # inside a wheel
TEMPLATES = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2] / "templates"
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What goes out, with slot tokens where readers differ. ``milliseconds`` is how long rendering took."""

    subject: str
    preheader: str
    html: str
    text: str
    nonce: str
    content_hash: str
    milliseconds: float
    warnings: tuple[Finding, ...] = ()  # what the validator of MJML has to say of the template
    css: str = ""  # what the template's author wrote, for the rules that leave the compiler's own alone


def render(digest: Digest, *, template: str, nonce: str, templates: Path = TEMPLATES, own: Own = ()) -> Rendering:
    """Render ``digest`` with digests/``template``; the same arguments give the same bytes.

    ``own`` holds templates beside those of the folder; what nobody has looked at is rendered by ``confined``.

    Raises ``Invalid`` for a wrong template and for text that could be taken for a slot of ours.
    """
    begun = time.perf_counter()
    digest = _clean(digest)
    source = mjml_source(digest, template=template, nonce=nonce, templates=templates, own=own)
    problems = validate(source)
    place = _placer(source, digest, template=template, nonce=nonce, templates=templates, own=own)
    refuse(problems, place)
    html = keep_ratio(inline(*compile_valid(source)))
    name, values = _named(template, "txt"), _values(_with_slots(digest, "plain", nonce))
    text = wrap(fill_text_template(templates / "digests", name, values, nonce=nonce, language=digest.language, own=own))
    subject, preheader = (getattr(_with_slots(digest, "subject", nonce), words) for words in ("subject", "preheader"))
    return Rendering(
        subject=subject,
        preheader=preheader,
        html=html,
        text=text,
        nonce=nonce,
        content_hash=content_hash(subject, preheader, html, text),
        milliseconds=(time.perf_counter() - begun) * 1000,
        warnings=tuple(dict.fromkeys(_finding(problem, place) for problem in problems)),
        css=author_css(source),
    )


def mjml_source(digest: Digest, *, template: str, nonce: str, templates: Path = TEMPLATES, own: Own = ()) -> str:
    """Return the MJML of ``digest`` before it is compiled."""
    name, values = _named(template, "mjml"), _values(_with_slots(digest, "text", nonce))
    return fill_template(templates / "digests", name, values, nonce=nonce, language=digest.language, own=own)


def _placer(source: str, digest: Digest, *, template: str, nonce: str, templates: Path, own: Own) -> Place:
    """Return what names the template's file and line for a place in ``source``; costs nothing until asked."""

    @lru_cache(maxsize=1)
    def placing() -> Place:
        name, values = _named(template, "mjml"), _values(_with_slots(digest, "text", nonce))
        folder, language = templates / "digests", digest.language
        marked = fill_marked_template(folder, name, values, nonce=nonce, language=language, own=own)
        return origin(marked, source)

    return lambda line, column: placing()(line, column)


def _finding(problem: Problem, place: Place) -> Finding:
    where = place(problem.line, problem.column)
    return Finding("template", problem.level, where, f"{problem.message} {problem.fix}")


def content_hash(*parts: str) -> str:
    """Return the SHA-256 (hex) over what readers get."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _named(template: str, kind: str) -> str:
    """Return the file name of a template; refuses a name that could leave the folder."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", template):
        raise Invalid(f"{template!r} is no name of a template.", where="template", fix="Use letters, digits, - and _.")
    return f"{template}.{kind}.j2"


def _values(digest: Digest) -> dict[str, Any]:
    """Return what a template may use."""
    return {
        "digest": digest,
        "brand": digest.brand,
        "words": words(digest.language),
        "type": typography(digest.language, digest.brand),
        "compact": digest.size > COMPACT_ABOVE,
        "start": "right" if digest.direction == "rtl" else "left",
        "end": "left" if digest.direction == "rtl" else "right",
    }


def _with_slots(digest: Digest, context: str, nonce: str) -> Digest:
    """Return ``digest`` with the slots that its editors wrote as tokens for one context."""
    language = base(digest.language)
    slotted: dict[str, Any] = {
        name: insert(getattr(digest, name), context, nonce=nonce, language=language)
        for name in SLOTTED
        if name in digest.written
    }
    return replace(digest, **slotted)


def _clean(digest: Digest) -> Digest:
    """Drop what is no text, refuse anything that looks like a slot."""
    data = _without_control(digest.as_dict())
    if ANY_TOKEN.search(json.dumps(data, ensure_ascii=False)):
        raise Invalid("The issue holds text that looks like a personal slot.", where="digest", fix="Reword it.")
    return from_dict(data)


def _without_control(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("", value)
    if isinstance(value, dict):
        return {name: _without_control(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_control(part) for part in value]
    return value
