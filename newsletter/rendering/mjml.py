"""MJML to HTML by MRML, in a child process with limits, on hardened source.

MRML kills its process on deep nesting, writes attribute values with Rust's debug formatting and accepts almost
anything; so the source is validated first, its attribute values are made plain ASCII, what MRML does otherwise than
npm mjml is rewritten where that is simple, and the compiler runs apart from us.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.entities import html5

from lxml import etree

from newsletter.errors import Invalid
from newsletter.rendering.compiler import compiler
from newsletter.rendering.like_npm import drop, finish, like_npm
from newsletter.rendering.validate import Problem, validate
from newsletter.rendering.validate.scan import VOID, once
from newsletter.rendering.validate.table import COMPONENTS, EMPTY

BACKSLASH, QUOTE = "\ufdd0", "\ufdd1"  # stand for \\ and " while lxml serialises; noncharacters, which no text holds
_COMMENTS = re.compile(r"<!--.*?-->|(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_MENDED = re.compile(
    r"(?P<style><mj-style\b(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+(?<!/)>)(?P<css>.*?)(?=</mj-style)"
    r"|(?P<data><!\[CDATA\[.*?\]\]>)|&(?P<name>[A-Za-z][A-Za-z0-9]*);|(?P<bare>&)(?!#[0-9]+;|#x[0-9a-fA-F]+;)"
    rf"|<(?P<void>{'|'.join(sorted(VOID))})(?P<rest>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)(?<!/)>",
    re.DOTALL | re.IGNORECASE,
)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NEIGHBOURS = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")  # npm mjml joins them too
_INDENT = re.compile(r"\n[ \t]+")
_BLANKS = re.compile(r"[ \t\r\n]+")  # not the no-break space, which was meant
STRUCTURE = frozenset(name for name, one in COMPONENTS.items() if not one.holds_html)
# MRML takes at most one attribute here, and needs none
BARE = frozenset(["mj-raw", "mj-title", "mj-preview", "mj-style"])

Place = Callable[[int, int], str]


def mjml_place(line: int, column: int) -> str:
    """Return the words for a place in MJML whose template is not known."""
    return f"mjml, line {line}, column {column}"


@dataclass(frozen=True, slots=True)
class Hardened:
    """Source that MRML takes safely: ASCII only, styles taken out, widths rounded, which are kept in ``shares``.

    ``inline_css`` is premailer's.
    """

    source: str
    styles: dict[str, str]
    inline_css: str
    shares: dict[str, str]


def compile_mjml(source: str, *, place: Place = mjml_place) -> tuple[str, str]:
    """Return the HTML of ``source`` and the CSS to inline; raises ``Invalid`` at ``place`` of line and column."""
    refuse(validate(source), place)
    return compile_valid(source)


def compile_valid(source: str) -> tuple[str, str]:
    """Return what ``compile_mjml`` returns, for a source that has been validated."""
    hardened = harden(source)
    html = finish(_NEIGHBOURS.sub("", compiler.compile(hardened.source)), hardened.shares)
    for token, style in hardened.styles.items():
        html = html.replace(token, style)
    return html, hardened.inline_css


def harden(source: str) -> Hardened:
    """Make a validated source safe for MRML; raises ``Invalid`` for what XML does not take after all."""
    root = _parsed(source)
    mark = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:16]  # no text can hold the hash of itself
    styles: dict[str, str] = {}
    inline: list[str] = []
    for style in list(root.iter("mj-style")):
        css = _INDENT.sub("\n", style.text or "")
        if "</" in css or "<!" in css:
            raise Invalid("A style holds markup.", where=f"mjml, line {style.sourceline}", fix="Write CSS only.")
        if style.get("inline") == "inline":
            inline.append(css)
            drop(style)
        else:
            token = f"zstyle{mark}n{len(styles)}z"
            styles[token] = css
            style.text = token
    shares = like_npm(root)
    _walk(root)
    ascii_source = etree.tostring(root, encoding="us-ascii").decode()
    ascii_source = ascii_source.replace(f"&#{ord(BACKSLASH)};", "&#92;").replace(f"&#{ord(QUOTE)};", "&#34;")
    ascii_source = _INDENT.sub("\n", ascii_source)
    return Hardened(ascii_source, styles, "\n".join(inline), shares)


def refuse(problems: tuple[Problem, ...], place: Place) -> None:
    """Raise ``Invalid`` for the first error among ``problems``, telling how many there are."""
    errors = [problem for problem in problems if problem.level == "E"]
    if not errors:
        return
    first, more = errors[0], f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    raise Invalid(first.message + more, where=place(first.line, first.column), fix=first.fix)


def _parsed(source: str) -> etree._Element:
    """Return the tree of valid source; what XML is stricter about than MJML has been mended on the way."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_pis=True)
    plain = _MENDED.sub(_mended, _COMMENTS.sub(lambda found: found[1] or "", source))
    try:
        root = etree.fromstring(plain.encode(), parser)
    except etree.XMLSyntaxError as error:
        if (unrepeated := once(plain)) != plain:
            return _parsed(unrepeated)
        line, column = error.position
        where = mjml_place(line, column)
        raise Invalid(f"{error.msg}.", where=where, fix="Close and nest the tags.") from None
    except ValueError as error:
        raise Invalid(f"{error}.", where="mjml", fix="Remove control characters.") from None
    return root


def _mended(found: re.Match[str]) -> str:
    """Write &nbsp; as a number, a lone & as &amp; and close <br>, as XML wants them."""
    if found["bare"]:
        return "&amp;"
    if found["void"]:
        return f"<{found['void']}{found['rest']}/>"
    if found["style"]:
        return _MENDED.sub(_mended, found["style"]) + _MENDED.sub(_mended, found["css"]).replace("<", "&lt;")
    name = found["name"]
    if name is None or name in _XML_NAMES or f"{name};" not in html5:
        return found[0]
    return "".join(f"&#{ord(sign)};" for sign in html5[f"{name};"])


def _walk(element: etree._Element) -> None:
    """Make every attribute value one plain line and take blanks out of structure."""
    if element.tag in BARE:
        element.attrib.clear()
    for name, value in element.attrib.items():
        element.set(name, _BLANKS.sub(" ", str(value)).strip(" ").replace("\\", BACKSLASH))
    if element.tag == "mj-title" and element.text:  # MRML copies the title into an attribute as it stands
        element.text = _BLANKS.sub(" ", element.text).strip(" ").replace("\\", BACKSLASH).replace('"', QUOTE)
    silent = element.tag in STRUCTURE or element.tag in EMPTY  # MRML takes a blank between components for content
    blank = element.tag in COMPONENTS and len(element) == 0 and not (element.text or "").strip()
    if silent or blank:
        element.text = None
    for child in element:
        _walk(child)
        if silent:
            child.tail = None
