"""Random MJML for Hypothesis: right, nearly right, torn apart, and plain noise."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from newsletter.rendering.validate.table import COMPONENTS

# fmt: off
VALUES = (
    '0', '10px', '50%', '1px 2px', '10', '-3px', '9999999999999999999px', '1e9px', 'NaN', 'red', '#fff', '#12',
    'rgba(1,2,3,.4)', 'left', 'rtl', 'true', 'full-width', '', ' ', 'a\nb', '\\', '&quot;', '&amp;', 'é', 'مُحَمَّد',
    '\u200f', 'a b c', 'https://x.example/?a=1&b=2', 'url(x)', '{{ x }}', '1px solid red', '%', 'px', '..px',
    'fixed-height', "x" * 300,
)
PIECES = (
    '<b>x</b>', '<br>', '<br/>', 'x', ' ', '&nbsp;', '&', '&#x1F600;', '<td>', '</td>', '<p>a', '</p>', '<!-- c -->',
    '<!--', '-->', '<![CDATA[x]]>', '<![CDATA[', ']]>', '<?x?>', '<!DOCTYPE x>', "<!ENTITY a 'b'>", '&a;', '\x00',
    '\ud800', '\ufdd0', '\ufffe', '<', '>', '"', "'", '</', '/>', '<mj-', '</mj-text>', '</mj-body>', '</mjml>',
    '<mjml>', '<MJ-TEXT>', '<o:p>', "<a xmlns='x'>", '<é/>', "@import 'x';", 'a{color:red}', "<mj-include path='x'/>",
    '\u202e', 'مُ', '\\u{64f}', '</style>', '<style>', '<script>', '{{ x }}', '\\', '%', '\r',
)
# fmt: on
NAMES = sorted(COMPONENTS)
HEADS = [name for name in NAMES if "mj-head" in COMPONENTS[name].parents]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a document: some are right, most have a few faults, some are cut and stirred."""
    chance = random.Random(draw(st.integers(0, 2**64)))
    faults = chance.choice([0, 0, 0.02, 0.1, 0.4])
    source = _element(chance, "mjml", faults, 0)
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        place = chance.randrange(len(source) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            source = source[:place] + chance.choice(PIECES) + source[place:]
        elif kind == 1:
            source = source[:place] + source[place + chance.randrange(1, 20) :]
        else:
            source = source[:place] + source[place : place + 30] * chance.choice([2, 50]) + source[place:]
    return source


def texts() -> st.SearchStrategy[str]:
    """Return noise with the signs that matter, and any text at all, inside a document or alone."""
    noise = st.text(alphabet="<>/mj-bodytextsecion =\"'&;#x0![]?\n\\", max_size=200) | st.text(max_size=60)
    pieces = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
    inside = (noise | pieces).map(lambda text: f"<mjml><mj-body><mj-raw>{text}</mj-raw></mj-body></mjml>")
    return inside | noise


def _element(chance: random.Random, name: str, faults: float, depth: int) -> str:
    component = COMPONENTS.get(name)
    known = sorted(component.attributes) if component else []
    chosen = chance.sample(known, min(len(known), chance.choice([0, 0, 1, 3])))
    if chance.random() < faults:
        chosen.append(chance.choice(["class", "mj-class", "css-class", "onclick", "xmlns", "x:y", "colour"]))
    attributes = "".join(f' {one}="{chance.choice(VALUES)}"' for one in chosen if one != "any")
    inner = (
        "".join(_child(chance, name, faults, depth) for _ in range(chance.choice([0, 1, 2, 3]))) if depth < 9 else ""
    )
    if chance.random() < faults / 4:
        inner = inner * chance.choice([2, 30])
    if name == "mjml" and chance.random() > faults / 4:
        inner = (_element(chance, "mj-head", faults, 1) if chance.random() < 0.5 else "") + _element(
            chance, "mj-body", faults, 1
        )
    closing = f"</{name}>" if chance.random() >= faults / 8 else chance.choice(["", "</b>", "<"])
    return f"<{name}{attributes}>{inner}{closing}" if inner or chance.random() < 0.5 else f"<{name}{attributes} />"


def _child(chance: random.Random, parent: str, faults: float, depth: int) -> str:
    component = COMPONENTS.get(parent)
    if chance.random() < faults:
        return _element(chance, chance.choice([*NAMES, "mj-include", "mj-x", "div"]), faults, depth + 1)
    if component is None or component.holds_html:
        if parent in ("mj-title", "mj-preview", "mj-style", "mj-breakpoint", "mj-html-attribute"):
            return chance.choice(["x", "a > b", "é", "a{color:red}", "\\", '"'])
        return (
            chance.choice(PIECES)
            if chance.random() < faults
            else chance.choice(["<b>x</b>", "a & b", "<br>", "é", "مُ"])
        )
    inside = HEADS if parent == "mj-attributes" and chance.random() < faults else sorted(component.children - {"*"})
    if parent == "mj-attributes":
        return _element(chance, chance.choice(["mj-all", "mj-class", "mj-text", "mj-section"]), faults, 9)
    return _element(chance, chance.choice(inside), faults, depth + 1) if inside else ""
