"""A fault in a template is told with the file and line it was written in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.errors import Invalid
from newsletter.rendering.finding import Finding
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import TEMPLATES, render
from tests.rendering.specimens import NONCE, english


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES / "digests", tmp_path / "digests")
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Write ``new`` for the first ``old`` and return the line where that was."""
    file = folder / "digests" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def refusal(folder: Path) -> Invalid:
    with pytest.raises(Invalid) as fault:
        render(english(4), template="classic", nonce=NONCE, templates=folder)
    return fault.value


def test_a_fault_in_an_included_part_names_the_part_and_its_line(copies: Path) -> None:
    line = spoil(copies, "parts/card.mjml.j2", "<mj-image", "<mj-imagge")
    fault = refusal(copies)
    assert (fault.where, fault.fix) == (f"parts/card.mjml.j2, line {line}", "Did you mean mj-image?")


def test_a_fault_in_a_macro_names_the_file_of_the_macro(copies: Path) -> None:
    line = spoil(copies, "parts/item.mjml.j2", "</h{{ level }}>", "</b>")
    assert refusal(copies).where == f"parts/item.mjml.j2, line {line}"


def test_a_fault_after_comments_and_blocks_names_its_own_line(copies: Path) -> None:
    spoil(copies, "classic.mjml.j2", "<mj-title>", "{# one\n two #}{% set x = 1 %}\n\n<mj-title>")
    line = spoil(copies, "classic.mjml.j2", "<mj-preview>", "<mj-txet/><mj-preview>")
    assert refusal(copies).where == f"classic.mjml.j2, line {line}"


def test_where_a_filter_changes_the_text_the_line_of_the_mjml_is_named(copies: Path) -> None:
    spoil(
        copies, "classic.mjml.j2", "<mj-preview>", "{% filter length|string %}<p>{% endfilter %}<mj-txet/><mj-preview>"
    )
    assert refusal(copies).where.startswith("mjml, line ")


def test_warnings_reach_the_proofreader_once_each_with_file_and_line(copies: Path) -> None:
    line = spoil(copies, "parts/card.mjml.j2", "fluid-on-mobile=", "fluid-on-mobil=")
    made = render(english(4), template="classic", nonce=NONCE, templates=copies)
    told = "<mj-image> has no attribute fluid-on-mobil. Did you mean fluid-on-mobile?"
    found = [finding for finding in proofread(made, english(4), production=True) if finding.rule == "template"]
    assert found == [Finding("template", "W", f"parts/card.mjml.j2, line {line}", told)]
