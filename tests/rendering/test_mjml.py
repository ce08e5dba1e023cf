"""What reaches MRML cannot hurt it, and what it does to itself does not hurt us."""

from __future__ import annotations

import contextlib
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import Invalid
from newsletter.rendering.compiler import Compiler
from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.validate import DEEPEST


def body(inner: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"


def test_inline_styles_are_handed_to_the_inliner() -> None:
    source = '<mjml><mj-head><mj-style inline="inline">.a{color:red}</mj-style></mj-head><mj-body></mj-body></mjml>'
    assert compile_mjml(source)[1] == ".a{color:red}"


def test_styles_keep_their_signs() -> None:
    source = "<mjml><mj-head><mj-style>a &gt; b { content: 'é' }</mj-style></mj-head><mj-body></mj-body></mjml>"
    assert "a > b { content: 'é' }" in compile_mjml(source)[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<mjml><mj-body>", "is not closed"),
        ("<mjml>\n<mj-body><mj-section></mj-body></mjml>", "is still open where </mj-body> comes"),
        ("<html></html>", "first tag is <html>"),
        (body('<mj-include path="/etc/passwd"/>'), "mj-include is not allowed"),
        (body("<mj-txet>x</mj-txet>"), "no <mj-txet>"),
        (body("<mj-text>" + "<b>" * DEEPEST + "</b>" * DEEPEST + "</mj-text>"), "nested too deeply"),
        ("x" * 1_000_001, "1000001 characters"),
    ],
)
def test_wrong_source_is_refused_with_its_reason(source: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        compile_mjml(source)


def test_an_entity_bomb_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><mjml><mj-body>&b;</mj-body></mjml>'
    try:
        html, _ = compile_mjml(bomb)
    except Invalid:
        return
    assert "aaaaaaaaaa" not in html


def test_a_compiler_that_was_killed_is_replaced() -> None:
    compiler = Compiler()
    source = body("<mj-text>x</mj-text>")
    compiler.compile(source)
    assert compiler._child is not None
    compiler._child.kill()
    compiler._child.wait()
    assert "x" in compiler.compile(source)
    compiler.close()


def test_a_compiler_that_is_stuck_is_given_up_and_replaced() -> None:
    compiler = Compiler(patience_seconds=1)
    source = body(f"<mj-text>{'x' * 200_000}</mj-text>")  # more than a pipe holds
    compiler.compile(source)
    assert compiler._child is not None
    compiler._child.send_signal(signal.SIGSTOP)
    with pytest.raises(Invalid, match="longer than 1 s"):
        compiler.compile(source)
    assert "x" in compiler.compile(source)
    compiler.close()


def test_a_source_that_needs_more_memory_than_there_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.rendering.compiler.CHILD_MEMORY_BYTES", 150 << 20)
    compiler = Compiler()
    with pytest.raises(Invalid, match="dies of this source"):
        compiler.compile(body("<mj-text>x</mj-text>" * 300_000))
    assert "x" in compiler.compile(body("<mj-text>x</mj-text>"))
    compiler.close()


@given(st.text(alphabet="<>/mj-bodytextsecion =\"'&;#x0", max_size=120))
@settings(deadline=None, max_examples=150)
def test_broken_documents_are_refused_or_compiled_but_never_hurt(text: str) -> None:
    with contextlib.suppress(Invalid):
        compile_mjml(f"<mjml><mj-body>{text}</mj-body></mjml>")
