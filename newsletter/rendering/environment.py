"""Jinja as digests use it: sandboxed, escaping everything, refusing what is undefined."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from newsletter.errors import Invalid
from newsletter.rendering.byline import isolated
from newsletter.rendering.personal import ANY_TOKEN, SLOTS, Slot, token
from newsletter.rendering.trace import marking
from newsletter.rendering.typography import quoted
from newsletter.rendering.words import base, direction_of

WEB = frozenset({"https", "http"})
MOST_ANSWERS = 4096  # of the sandbox that are remembered
SCHEMES = WEB | {"mailto", "tel"}
_BLANKS = re.compile(r"[\t\r\n]+")
Own = tuple[tuple[str, str], ...]  # file names and sources of templates that stand beside those of the folder


def fill_template(
    folder: Path, name: str, values: Mapping[str, Any], *, nonce: str, language: str = "en", own: Own = ()
) -> str:
    """Return template ``name`` filled in; raises ``Invalid`` with file and line for a wrong template."""
    return _filled(markup(folder, own), name, values, _slot_maker(nonce, language))


def fill_marked_template(
    folder: Path, name: str, values: Mapping[str, Any], *, nonce: str, language: str = "en", own: Own = ()
) -> str:
    """Return what ``fill_template`` returns, with marks that ``trace.origin`` turns into template file and line."""
    return _filled(marking(markup(folder, own)), name, values, _slot_maker(nonce, language))


def fill_text_template(
    folder: Path, name: str, values: Mapping[str, Any], *, nonce: str, language: str = "en", own: Own = ()
) -> str:
    """Return a plain-text template filled in, without escaping."""
    return _filled(plain(folder, own), name, values, _slot_maker(nonce, language))


@lru_cache(maxsize=8)
def markup(folder: Path, own: Own = ()) -> ImmutableSandboxedEnvironment:
    """Return the environment of MJML templates below ``folder`` and those of one's ``own``."""
    return _environment(folder, own, escaping=True)


@lru_cache(maxsize=8)
def plain(folder: Path, own: Own = ()) -> ImmutableSandboxedEnvironment:
    """Return the environment of plain-text templates below ``folder`` and those of one's ``own``."""
    return _environment(folder, own, escaping=False)


def url(value: str) -> str:
    """Let only whole https, http, mailto and tel addresses through, else "" (proofreading reports an empty link)."""
    address = _BLANKS.sub("", value.strip(" \t\r\n")).replace(" ", "%20")
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    whole = parts.netloc if parts.scheme.lower() in WEB else parts.path
    return address if parts.scheme.lower() in SCHEMES and whole else ""


def _direction(text: str, *, otherwise: str = "ltr") -> str:
    """Return the direction of what is written; a slot has none of its own."""
    return direction_of(ANY_TOKEN.sub("", text), otherwise=otherwise)


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox, asked once for each attribute of a type: asking at every use took a tenth of a rendering."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._answers: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return the sandbox's own answer, which goes by the type of ``obj`` alone."""
        kind = type(obj)
        if obj.__class__ is not kind:
            return super().is_safe_attribute(obj, attr, value)
        known = self._answers.get((kind, attr))
        if known is None:
            known = super().is_safe_attribute(obj, attr, value)
            if len(self._answers) < MOST_ANSWERS:
                self._answers[kind, attr] = known
        return known


def _environment(folder: Path, own: Own, *, escaping: bool) -> ImmutableSandboxedEnvironment:
    files: BaseLoader = FileSystemLoader(folder)
    kept = dict(own)
    environment = _Sandbox(
        loader=ChoiceLoader([files, FunctionLoader(lambda name: _kept(kept, name))]) if own else files,
        autoescape=lambda _name: escaping,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["url"] = url
    environment.filters["direction"] = _direction
    environment.filters["quoted"] = quoted
    environment.filters["isolated"] = _isolated
    return environment


def _isolated(text: str, language: str) -> str:
    return isolated(text, language=language)


def _kept(own: Mapping[str, str], name: str) -> tuple[str, str, Callable[[], bool]] | None:
    return (own[name], name, lambda: True) if name in own else None


def _filled(environment: Environment, name: str, values: Mapping[str, Any], slot: Callable[[str, str], Markup]) -> str:
    try:
        return environment.get_template(name).render(**values, slot=slot)
    except TemplateSyntaxError as error:
        raise Invalid(
            f"{error.message}.", where=f"{error.name}, line {error.lineno}", fix="Correct the template."
        ) from None
    except TemplateNotFound as error:
        raise Invalid(
            f"There is no template {error.name!r}.", where="template", fix="Choose one that exists."
        ) from None
    except RecursionError as error:
        told = "Templates or macros call each other in a circle."
        raise Invalid(told, where=place_of(error, name), fix="Leave one of the calls out.") from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(f"{error}", where=place_of(error, name), fix="Correct the template.") from None


def place_of(error: BaseException, name: str) -> str:
    """Return the file and line of the innermost template an error passed through, ``name`` when there is none."""
    place, trace = name, error.__traceback__
    while trace:
        file, line = Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template:  # the engine has not put its own lines in place yet
            line = template.get_corresponding_lineno(line)
        if file.endswith(".j2"):
            place = f"{name}, line {line}" if file == name else f"{name}, {file} line {line}"
        trace = trace.tb_next
    return place


def _slot_maker(nonce: str, language: str) -> Callable[[str, str], Markup]:
    def slot(name: str, context: str = "text") -> Markup:
        """Return the token of a personal value in its context."""
        if context not in SLOTS.get(name, ()):
            raise ValueError(f"There is no slot {name!r} in context {context!r}")
        return Markup(token(Slot(name, context, base(language)), nonce))  # noqa: S704  letters, digits and _ only

    return slot
