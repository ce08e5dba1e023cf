"""Text that breaks out of mail, markup and templates where they are careless; and what a mail may show of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from lxml import html as lxml_html

from newsletter.rendering.digest import Brand, Digest, Event, Image, Item, Piece, Section

STRINGS = [
    "",
    " ",
    "\t",
    "undefined",
    "null",
    "None",
    "NaN",
    "0",
    "-1",
    "1e309",
    "../../../etc/passwd",
    "$HOME",
    "%s%n%d",
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "-->",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    "<mj-include path='/etc/passwd' />",
    "]]>",
    "<![CDATA[x]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "&lt;b&gt;",
    "&amp;amp;",
    "&#0;",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "`\"'><svg/onload=alert(1)>",
    "</style>x<style>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "https://evil.example/?a=1&b=2#c",
    "\\\\evil\\share",
    "file:///etc/passwd",
    "{{ 7*7 }}",
    "{% raw %}",
    "{{ self.__init__.__globals__ }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0}",
    "{name}",
    "[[name]]",
    "[[name|<b>]]",
    "[[nmae]]",
    "[[",
    "]]",
    "*|FNAME|*",
    "%recipient%",
    "Bcc: x@evil.example",
    "x\r\nBcc: x@evil.example",
    "x\n\n.\n\nMAIL FROM:<x@evil.example>",
    "\r\n.\r\nQUIT\r\n",
    "=?UTF-8?Q?=0A?=Bcc: x@evil.example",
    "=?utf-8?b?PHNjcmlwdD4=?=",
    "=3Cscript=3E",
    "--=_newsletter-1-x",
    ".",
    "..",
    '"<x@evil.example>',
    "a@b.example, c@d.example",
    "(comment)",
    "a;b",
    "\\",
    '\\"',
    "x" * 300,
    "word " * 60,
    "\x00",
    "a\x00b",
    "\x01\x02\x1b[31m",
    "\x7f\x85\xa0",
    "\u2028\u2029",
    "\u200b\u200e\u200f",
    "\ufeff",
    "�",
    "\u202etest\u202c",
    "\u2066x\u2069",
    "\x01F",
    "\ufffe\uffff",
    "\U000e0001",
    "\ue000",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "田中さんにあげて下さい",
    "和製漢語",
    "社會科學院語學研究所",
    "울란바토르",
    "ЁЂЃЄЅІЇЈЉЊЋЌ",
    "بولندا، الإطلاق عل",
    "הָיְתָה",
    "मानक",
    "👾 🙇 💁 🙅",
    "👩\u200d👩\u200d👦",
    "🇺🇸🇷🇺",
    "✋🏿",
    "ﷺ",
    "ⅷ",
    "ｗｉｄｅ",
    "ﬁ",
    "İ",
    "ß",
    "ŉ",
    "Ω≈ç√∫",
    "‘single’ “double”",
    "1;DROP TABLE users",
    "' OR 1=1 --",
    "() { :; }; touch /tmp/x",
    "System('ls')",
    "<a href='x'>y</a>",
    "If you read this",
]
_DROPPED = re.compile(  # what is no text of an article, and what a personal value may not hold
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_PASSIVE = {"https", "http", "mailto", "tel"}
ACTIVE = frozenset(("script", "iframe", "object", "embed", "form", "base", "svg", "input", "button", "link"))


def article_text(text: str) -> str:
    """Return what is left of an article's text."""
    return _DROPPED.sub("", text)


def value_text(text: str) -> str:
    """Return what is left of a personal value."""
    return _UNREADABLE.sub(" ", text).strip()


def squeezed(text: str) -> str:
    """Return ``text`` without white space: lines are folded and spaces collapse."""
    return "".join(text.split())


def full_of(text: str, **given: Any) -> Digest:
    """Return a digest that holds ``text`` in every field, each between marks of its own: <number>( and )<number>."""
    marks = iter(range(100, 200))

    def field() -> str:
        number = next(marks)
        return f"{number}({text}){number}"

    item = Item(
        1,
        headline=field(),
        teaser=field(),
        byline=(byline := field()),
        url=text,
        label=field(),
        link_text=field(),
        image=Image(text, alt=field(), credit=field(), width=600, height=400),
        published_in=field(),
        also_in=field(),
        quote=field(),
        quoted=field(),
        event=Event(field(), field()),
        body=(field(),),
        signed=(Piece(byline, text),),
    )
    shared = {"newsletter": "ctw", "language": "en", "direction": "ltr", "brand": Brand(name=field())}
    return Digest(
        title=field(),
        date=field(),
        subject=field(),
        preheader=field(),
        sections=(
            Section(
                field(),
                (item, Item(2, headline="A plain story", url="https://x.example/")),
            ),
        ),
        sender=field(),
        postal_address=field(),
        note=field(),
        disclaimers=(field(),),
        why=field(),
        **{**shared, **given},
    )


def fields_of(digest: Digest) -> list[str]:
    """Return the marks of every field, in order."""
    return sorted(set(re.findall(r"\b(1\d\d)\(", str(digest.as_dict()))))


def parsed(octets: bytes) -> EmailMessage:
    """Return a mail as Python's parser reads it."""
    mail = BytesParser(policy=policy.default).parsebytes(octets)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    """Return one of the two alternatives, decoded."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def active(page: str) -> Iterator[str]:
    """Yield everything in a page that could do something."""
    for element in lxml_html.document_fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in ACTIVE:
            yield element.tag
        for name, value in element.items():
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                yield f"{element.tag} {name}"
            scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", str(value)).lower())
            if name in ("href", "src", "background") and value and (not scheme or scheme[1] not in _PASSIVE):
                yield f"{element.tag} {name}={value}"


def shape(page: str) -> list[str]:
    """Return the elements of a page in order: what a value may not change."""
    return [element.tag for element in lxml_html.document_fromstring(page).iter() if isinstance(element.tag, str)]


def visible(page: str) -> str:
    """Return what a page shows: its text, its title, and what stands for its images."""
    tree = lxml_html.document_fromstring(page)
    alts = [str(image.get("alt", "")) for image in tree.iter("img")]
    return " ".join([tree.text_content(), *alts])
