"""MJML to HTML by MRML, in a child process with limits, on hardened source.

MRML kills its process on deep nesting, writes attribute values with Rust's debug formatting and accepts almost
anything; so the source is parsed here first (well-formed, known tags, no includes, bounded), its attribute values
are made plain ASCII, and the compiler runs apart from us.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html.entities import html5

from lxml import etree

from newsletter.errors import Invalid
from newsletter.rendering.compiler import compiler

LARGEST_SOURCE = 1_000_000  # characters
DEEPEST = 60
BACKSLASH, QUOTE = "\ufdd0", "\ufdd1"  # stand for \\ and " while lxml serialises; noncharacters, which no text holds
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NEIGHBOURS = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")  # npm mjml joins them too
_INDENT = re.compile(r"\n[ \t]+")
# fmt: off
TAGS = frozenset(
    [
        "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font",
        "mj-html-attributes", "mj-preview", "mj-style", "mj-title", "mj-raw", "mj-accordion",
        "mj-accordion-element", "mj-accordion-title", "mj-accordion-text", "mj-button", "mj-carousel",
        "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero", "mj-image", "mj-navbar",
        "mj-navbar-link", "mj-section", "mj-social", "mj-social-element", "mj-spacer", "mj-table", "mj-text",
        "mj-wrapper",
    ]
)
# fmt: on
_BLANKS = re.compile(r"[ \t\r\n]+")  # not the no-break space, which was meant
STRUCTURE = TAGS - frozenset(["mj-raw", "mj-style", "mj-title", "mj-preview", "mj-text", "mj-table", "mj-button"])


@dataclass(frozen=True, slots=True)
class Hardened:
    """Source that MRML takes safely: ASCII only, styles taken out. ``inline_css`` is premailer's."""

    source: str
    styles: dict[str, str]
    inline_css: str


def compile_mjml(source: str) -> tuple[str, str]:
    """Return the HTML of ``source`` and the CSS to inline; raises ``Invalid`` with line and column."""
    hardened = harden(source)
    html = _NEIGHBOURS.sub("", compiler.compile(hardened.source))
    for token, style in hardened.styles.items():
        html = html.replace(token, style)
    return html, hardened.inline_css


def harden(source: str) -> Hardened:
    """Check ``source`` and make it safe for MRML; raises ``Invalid``."""
    if len(source) > LARGEST_SOURCE:
        raise Invalid(f"The MJML has {len(source)} characters.", where="mjml", fix=f"Use at most {LARGEST_SOURCE}.")
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
            parent = style.getparent()
            assert parent is not None
            parent.remove(style)
        else:
            token = f"zstyle{mark}n{len(styles)}z"
            styles[token] = css
            style.text = token
    _walk(root, 1)
    ascii_source = etree.tostring(root, encoding="us-ascii").decode()
    ascii_source = ascii_source.replace(f"&#{ord(BACKSLASH)};", "&#92;").replace(f"&#{ord(QUOTE)};", "&#34;")
    ascii_source = _INDENT.sub("\n", ascii_source)
    return Hardened(ascii_source, styles, "\n".join(inline))


def _parsed(source: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_NAMED.sub(_numeric, source).encode(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise Invalid(
            f"{error.msg}.", where=f"mjml, line {line}, column {column}", fix="Close and nest the tags."
        ) from None
    except ValueError as error:
        raise Invalid(f"{error}.", where="mjml", fix="Remove control characters.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Invalid("A document type is not allowed.", where="mjml, line 1", fix="Start with <mjml>.")
    if root.tag != "mjml":
        raise Invalid(f"The first tag is <{root.tag!s}>.", where="mjml, line 1", fix="Start with <mjml>.")
    return root


def _numeric(name: re.Match[str]) -> str:
    """Return an HTML name such as &nbsp; as XML knows it; unknown names are left for the parser to report."""
    if name[1] in _XML_NAMES or f"{name[1]};" not in html5:
        return name[0]
    return "".join(f"&#{ord(sign)};" for sign in html5[f"{name[1]};"])


def _walk(element: etree._Element, depth: int) -> None:
    """Refuse what MRML cannot take and make every attribute value one plain line."""
    where = f"mjml, line {element.sourceline}"
    if depth > DEEPEST:
        raise Invalid("The tags are nested too deeply.", where=where, fix=f"Use at most {DEEPEST} levels.")
    if element.tag == "mj-include":
        raise Invalid("mj-include is not allowed.", where=where, fix="Use Jinja's include.")
    if isinstance(element.tag, str) and element.tag.startswith("mj") and element.tag not in TAGS:
        raise Invalid(f"There is no <{element.tag}>.", where=where, fix="Use a component of MJML 4.")
    for name, value in element.attrib.items():
        element.set(name, _BLANKS.sub(" ", str(value)).strip(" ").replace("\\", BACKSLASH))
    if element.tag == "mj-title" and element.text:  # MRML copies the title into an attribute as it stands
        element.text = _BLANKS.sub(" ", element.text).strip(" ").replace("\\", BACKSLASH).replace('"', QUOTE)
    for child in element:
        _walk(child, depth + 1)
        if element.tag in STRUCTURE and not (child.tail or "").strip():
            child.tail = None  # MRML takes a blank between two components for content
    if element.tag in STRUCTURE and not (element.text or "").strip():
        element.text = None
