"""MJML to HTML by MRML, in a child process with limits, on hardened source.

MRML kills its process on deep nesting, writes attribute values with Rust's debug formatting and accepts almost
anything; so the source is parsed here first (well-formed, known tags, no includes, bounded), its attribute values
are made plain ASCII, and the compiler runs apart from us.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import resource
import select
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass

from lxml import etree

from newsletter.errors import Invalid

LARGEST_SOURCE = 1_000_000  # characters
DEEPEST = 60
PATIENCE_SECONDS = 15
CHILD_MEMORY_BYTES = 1 << 30
BACKSLASH = "\ue000"  # stands for a backslash while lxml serialises
_NEIGHBOURS = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")  # npm mjml joins them too
_INDENT = re.compile(r"\n[ \t]+")
TAGS = frozenset(
    [
        "mjml",
        "mj-head",
        "mj-body",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-font",
        "mj-html-attributes",
        "mj-preview",
        "mj-style",
        "mj-title",
        "mj-raw",
        "mj-accordion",
        "mj-accordion-element",
        "mj-accordion-title",
        "mj-accordion-text",
        "mj-button",
        "mj-carousel",
        "mj-carousel-image",
        "mj-column",
        "mj-divider",
        "mj-group",
        "mj-hero",
        "mj-image",
        "mj-navbar",
        "mj-navbar-link",
        "mj-section",
        "mj-social",
        "mj-social-element",
        "mj-spacer",
        "mj-table",
        "mj-text",
        "mj-wrapper",
    ]
)
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
    html = _NEIGHBOURS.sub("", _compiler.compile(hardened.source))
    for token, style in hardened.styles.items():
        html = html.replace(token, style)
    return html, hardened.inline_css


def harden(source: str) -> Hardened:
    """Check ``source`` and make it safe for MRML; raises ``Invalid``."""
    if len(source) > LARGEST_SOURCE:
        raise Invalid(f"The MJML has {len(source)} characters.", where="mjml", fix=f"Use at most {LARGEST_SOURCE}.")
    root = _parsed(source)
    styles: dict[str, str] = {}
    inline: list[str] = []
    for style in list(root.iter("mj-style")):
        css = _INDENT.sub("\n", style.text or "")
        if style.get("inline") == "inline":
            inline.append(css)
            parent = style.getparent()
            assert parent is not None
            parent.remove(style)
        else:
            token = f"zstyle{len(styles)}z"
            styles[token] = css
            style.text = token
    _walk(root, 1)
    ascii_source = etree.tostring(root, encoding="us-ascii").decode().replace(f"&#{ord(BACKSLASH)};", "&#92;")
    ascii_source = _INDENT.sub("\n", ascii_source)
    return Hardened(ascii_source, styles, "\n".join(inline))


def _parsed(source: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(source.encode(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise Invalid(
            f"{error.msg}.", where=f"mjml, line {line}, column {column}", fix="Close and nest the tags."
        ) from None
    except ValueError as error:
        raise Invalid(f"{error}.", where="mjml", fix="Remove control characters.") from None
    if root.tag != "mjml":
        raise Invalid(f"The first tag is <{root.tag}>.", where="mjml, line 1", fix="Start with <mjml>.")
    return root


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
    for child in element:
        _walk(child, depth + 1)
        if element.tag in STRUCTURE and not (child.tail or "").strip():
            child.tail = None  # MRML takes a blank between two components for content
    if element.tag in STRUCTURE and not (element.text or "").strip():
        element.text = None


class Compiler:
    """A long-lived child that runs MRML; a dead or stuck child is replaced."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def compile(self, source: str) -> str:
        """Return the HTML of hardened MJML; raises ``Invalid`` for what MRML refuses or dies of."""
        with self._lock:
            for fresh in (False, True):
                if fresh:
                    self.close()
                try:
                    answer = self._ask(source)
                except (BrokenPipeError, EOFError, OSError):
                    continue
                if "error" in answer:
                    raise Invalid(f"MJML: {answer['error']}.", where="mjml", fix="Correct the template.")
                return answer["html"]
            self.close()
        raise Invalid("The MJML compiler dies of this source.", where="mjml", fix="Simplify the template.")

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, source: str) -> dict[str, str]:
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        octets = source.encode()
        child.stdin.write(struct.pack(">I", len(octets)) + octets)
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], PATIENCE_SECONDS)
        if not ready:
            self.close()
            raise Invalid(f"MJML took longer than {PATIENCE_SECONDS} s.", where="mjml", fix="Simplify the template.")
        return dict(json.loads(_exactly(child.stdout, struct.unpack(">I", _exactly(child.stdout, 4))[0])))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._owner != os.getpid() or self._child.poll() is not None:
            self.close()
            self._owner = os.getpid()
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                preexec_fn=_limit,
            )
        return self._child


def _exactly(pipe: object, size: int) -> bytes:
    octets = pipe.read(size)  # type: ignore[attr-defined]  # a buffered reader
    if len(octets) < size:
        raise EOFError
    return bytes(octets)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_CHILD = """
import json, struct, sys
from mjml import mjml2html
source, target = sys.stdin.buffer, sys.stdout.buffer
while head := source.read(4):
    text = source.read(struct.unpack(">I", head)[0]).decode()
    try:
        answer = {"html": mjml2html(text, disable_comments=True, fonts={})}
    except Exception as error:
        answer = {"error": str(error)}
    octets = json.dumps(answer).encode()
    target.write(struct.pack(">I", len(octets)) + octets)
    target.flush()
"""

_compiler = Compiler()
atexit.register(_compiler.close)
