"""What MRML, premailer and Jinja do by themselves, and that our pipeline does not let it through."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.errors import Invalid
from newsletter.rendering.compiler import compiler
from newsletter.rendering.environment import fill_template, url
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.personal import CONTEXTS, NAMES, Slot, split, token
from newsletter.rendering.render import render
from tests.rendering.specimens import NONCE, arabic, chinese, english

HARD = 'a"b\\n <b> \u00a0 \u00ad \u200d \u200c \u200e \u200f مُحَمَّد हिन्दी ไทย 👩‍👧 é'


def document(body: str, head: str = "") -> str:
    return (
        f"<mjml><mj-head><mj-attributes><mj-all font-family='Arial' /></mj-attributes>{head}</mj-head>"
        f"<mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"
    )


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


# 1: MRML writes attribute values with Rust's debug formatting


@pytest.mark.parametrize("name", ["alt", "title", "href"])
def test_attribute_values_survive_the_compiler(name: str) -> None:
    source = document(f'<mj-image src="https://x.example/a.png" {name}="{escaped(HARD)}" />')
    tree = lxml_html.document_fromstring(compile_mjml(source)[0])
    assert HARD in tree.xpath(f"//@{name}")


def test_attribute_values_inside_text_survive_the_compiler() -> None:
    source = document(f'<mj-text><a href="https://x.example/" title="{escaped(HARD)}">x</a></mj-text>')
    assert lxml_html.document_fromstring(compile_mjml(source)[0]).xpath("//a/@title") == [HARD]


def test_white_space_in_attribute_values_becomes_one_blank() -> None:
    source = document('<mj-image src="https://x.example/a.png" alt=" two&#10;lines\tand&#9;tabs " />')
    assert lxml_html.document_fromstring(compile_mjml(source)[0]).xpath("//img/@alt") == ["two lines and tabs"]


def test_a_title_cannot_break_out_of_the_label_the_compiler_makes_of_it() -> None:
    words = '" onfocus=alert(1) \\ x="'
    made = render(replace(english(1), subject=words), template="classic", nonce=NONCE)
    tree = lxml_html.document_fromstring(made.html)
    assert (tree.xpath("//*/@onfocus"), tree.findtext("head/title")) == ([], words)
    assert tree.xpath("//@aria-label") == [words]


# 2: mj-style inline="inline" is not inlined by MRML


def test_inline_styles_end_in_style_attributes() -> None:
    head = '<mj-style inline="inline">.warm { color: #aa0000; }</mj-style>'
    html = inline(*compile_mjml(document('<mj-text><p class="warm">x</p></mj-text>', head)))
    assert lxml_html.document_fromstring(html).xpath("//p[@class='warm']/@style") == ["color:#aa0000"]


# 3: premailer's defaults are wrong for mail


def test_rules_that_only_some_clients_know_are_kept() -> None:
    css = (
        "@font-face{font-family:X;src:url(https://x.example/x.woff2)}@supports (display:grid){.a{color:red}}"
        "[data-ogsc] .a{color:#fff !important}@media (max-width:480px){.a{width:100% !important}}"
    )
    html = inline(*compile_mjml(document("<mj-text>x</mj-text>", f"<mj-style>{css}</mj-style>")))
    assert css in html


def test_the_doctype_is_kept_and_comes_first() -> None:
    assert inline(*compile_mjml(document("<mj-text>x</mj-text>"))).startswith("<!DOCTYPE html>")


def test_widths_and_colours_are_not_doubled_into_attributes() -> None:
    css = "td { background-color: #123456; }"
    html = inline("<!doctype html><html><body><table><tr><td>x</td></tr></table></body></html>", css)
    assert "bgcolor" not in html


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    page = (
        '<!doctype html><html><head><link rel="stylesheet" href="http://127.0.0.1:9/a.css"></head><body>x</body></html>'
    )
    assert "a.css" in inline(page, "p { background-image: url(http://127.0.0.1:9/a.png); }")


@pytest.mark.parametrize("css", ['@import "https://x.example/a.css";', "@IMPORT url(a.css);", '@\\69mport "a.css";'])
def test_imports_are_refused(css: str) -> None:
    with pytest.raises(Invalid, match="@import is not allowed"):
        inline("<!doctype html><html><body></body></html>", css)
    with pytest.raises(Invalid, match="@import is not allowed"):
        inline(f"<!doctype html><html><head><style>{css}</style></head><body></body></html>", "")


def test_text_about_imports_is_only_text() -> None:
    made = render(
        replace(english(1), note='Use @import "x" and data-premailer="ignore"'), template="classic", nonce=NONCE
    )
    assert '@import "x" and data-premailer="ignore"' in lxml_html.document_fromstring(made.html).text_content()


# 4: MRML kills its process, and names no place


def test_ten_thousand_nested_tags_are_refused() -> None:
    with pytest.raises(Invalid):
        compile_mjml(document("<mj-text>" + "<b>" * 10_000 + "</b>" * 10_000 + "</mj-text>"))


def test_a_source_that_kills_the_compiler_is_refused_and_the_next_one_compiles() -> None:
    with pytest.raises(Invalid, match="dies of this source"):
        compiler.compile("<mjml><mj-body>" + "<mj-wrapper>" * 100_000)
    assert "hello" in compile_mjml(document("<mj-text>hello</mj-text>"))[0]


def test_faults_name_line_and_column() -> None:
    with pytest.raises(Invalid) as fault:
        compile_mjml("<mjml>\n  <mj-body>\n    <mj-section></mj-column>\n  </mj-body>\n</mjml>")
    assert fault.value.where.startswith("mjml, line 3, column")


def test_a_forked_process_has_a_compiler_of_its_own() -> None:
    program = (
        "import os\nfrom newsletter.rendering.compiler import compiler\n"
        "ask = lambda: compiler.compile('<mjml><mj-body></mj-body></mjml>')\n"
        "ask(); first = compiler._child.pid\n"
        "child = os.fork()\n"
        "if child == 0:\n    ask(); os._exit(0 if compiler._child.pid != first else 1)\n"
        "_, status = os.waitpid(child, 0)\n"
        "ask(); raise SystemExit(os.waitstatus_to_exitcode(status) or compiler._child.pid != first)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False).returncode == 0


# 5: unset fonts add Google Fonts


@pytest.mark.parametrize("digest", [english(), arabic(), chinese()], ids=["en", "ar", "zh"])
def test_no_web_font_and_no_foreign_address_is_added(digest: object) -> None:
    html = render(digest, template="classic", nonce=NONCE).html  # type: ignore[arg-type]
    assert "fonts.googleapis" not in html
    assert "Ubuntu" not in html


# 6: lang and dir on <mjml> are not enough


def test_right_to_left_reaches_every_cell() -> None:
    tree = lxml_html.document_fromstring(render(arabic(), template="classic", nonce=NONCE).html)
    assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")
    styles = " ".join(tree.xpath("//@style")).replace(" ", "")
    assert "direction:rtl" in styles
    assert "direction:ltr" not in styles
    assert "text-align:left" not in "".join(tree.xpath("//td[contains(@class, 'body')]//@style"))


def test_an_english_disclaimer_in_an_arabic_digest_keeps_its_full_stop_at_the_end() -> None:
    made = render(replace(arabic(), disclaimers=english().disclaimers), template="classic", nonce=NONCE)
    tree = lxml_html.document_fromstring(made.html)
    assert tree.xpath("//p[starts-with(., 'Meridian Institute does not')]/@dir") == ["ltr"]


def test_arabic_and_chinese_have_no_capitals_slant_or_spacing() -> None:
    for digest in (arabic(), chinese()):
        html = render(digest, template="classic", nonce=NONCE).html
        assert [word for word in ("uppercase", "letter-spacing", "italic") if word in html] == []


# 7: slots survive every place


def test_slots_survive_every_place(tmp_path: Path) -> None:
    places = [Slot(name, context) for name in NAMES for context in CONTEXTS]
    (a, b, c, d, e, f), rest = (token(slot, NONCE) for slot in places[:6]), places[6:]
    head = f"<mj-title>{a}</mj-title><mj-preview>{b}</mj-preview>"
    body = (
        f'<mj-image src="https://x.example/a.png" alt="{c}" href="{d}" />'
        f'<mj-text><p style="color: {e}"><a href="https://x.example/?k={f}">'
        + "".join(token(slot, NONCE) for slot in rest)
        + "</a></p></mj-text>"
    )
    html = inline(*compile_mjml(document(body, head)))
    assert {part for part in split(html, NONCE) if isinstance(part, Slot)} == set(places)


# 8: the sandbox


@pytest.mark.parametrize(
    "source",
    ["{{ ''.__class__.__mro__ }}", "{{ words.clear() }}", "{{ nothing }}", "{{ digest.nothing }}", "{% if %}"],
)
def test_a_template_that_reaches_out_or_misses_is_refused_with_its_line(tmp_path: Path, source: str) -> None:
    (tmp_path / "x.mjml.j2").write_text(f"<mjml>\n{source}\n</mjml>")
    with pytest.raises(Invalid) as fault:
        fill_template(tmp_path, "x.mjml.j2", {"words": {"a": "b"}, "digest": english(1)}, nonce=NONCE)
    assert "line 2" in fault.value.where


def test_everything_is_escaped_whatever_the_file_is_called(tmp_path: Path) -> None:
    (tmp_path / "x.mjml.j2").write_text("{{ words }}")
    assert fill_template(tmp_path, "x.mjml.j2", {"words": "<b>&"}, nonce=NONCE) == "&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("mailto:a@x.example", "mailto:a@x.example"),
        ("tel:+1202", "tel:+1202"),
        ("HTTPS://x.example/", "HTTPS://x.example/"),
        ("java\nscript:alert(1)", ""),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//x.example/", ""),
        ("/relative", ""),
        ("https:x", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_only_whole_addresses_of_known_schemes_become_links(address: str, shown: str) -> None:
    assert url(address) == shown


def test_the_same_digest_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "from newsletter.rendering.render import render\nfrom tests.rendering.specimens import NONCE, arabic\n"
        "print(render(arabic(), template='classic', nonce=NONCE).content_hash)\n"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    other = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == render(arabic(), template="classic", nonce=NONCE).content_hash


def inlined(body: str, css: str) -> str:
    done = inline(f"<!doctype html><html><head></head><body>{body}</body></html>", css)
    return done.partition("<body>")[2].partition("</body>")[0]


def test_a_style_that_is_written_like_a_selector_is_no_selector() -> None:
    made = inlined('<p class="a" style=".a">x</p>', ".a { color: red }")
    assert made == '<p class="a" style="color:red">x</p>'


def test_a_class_is_found_among_others_and_whatever_blanks_stand_between() -> None:
    made = inlined('<p class=" b\n a">x</p><p class="ab">y</p>', ".a { color: red } .b { color: blue } p.ab { top: 0 }")
    assert (made.count("color:blue"), made.count("color:red"), made.count("top:0")) == (1, 0, 1)


def test_an_image_that_floats_is_aligned_for_programs_that_know_no_float() -> None:
    made = inlined('<img class="a" src="https://x.example/a.png" alt=""/>', ".a { float: right }")
    assert 'align="right"' in made
