"""Digests speak six languages, and whole ones."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.rendering.__main__ import main
from newsletter.rendering.plaintext import width, wrap
from newsletter.rendering.words import ENGLISH, LANGUAGES, LOCALE, TYPES, direction, label, words
from tests.rendering.specimens import english


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_its_translation_with_the_same_places(language: str) -> None:
    own = words(language)
    assert {key: fields(text) for key, text in own.items()} == {
        key: fields(text) for key, text in ENGLISH.items() if key in own
    }
    assert [key for key in ENGLISH if language != "en" and own[key] == ENGLISH[key]] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_type_has_its_translation(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "digest.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert [kind for kind in TYPES.values() if kind and not catalogue.get(kind, "type").string] == []


@pytest.mark.parametrize(
    ("kind", "language", "shown"),
    [
        ("commentary", "fr", "Commentaire"),
        ("Commentary", "ar", "تعليق"),
        ("legacyinthemedia", "en", "In the media"),
        ("pressRelease", "zh", "新闻稿"),
        ("Other", "en", ""),
        ("briefing", "ru", "Briefing"),
        ("EU-Dossier", "en", "EU-Dossier"),
        ("", "en", ""),
    ],
)
def test_a_type_is_shown_in_the_language_of_the_newsletter(kind: str, language: str, shown: str) -> None:
    assert label(kind, language) == shown


def test_regions_and_unknown_languages_find_their_words() -> None:
    assert words("zh-Hans")["unsubscribe"] == "退订"
    assert words("tlh")["unsubscribe"] == "Unsubscribe"
    assert (direction("ar-EG"), direction("fa"), direction("fr")) == ("rtl", "rtl", "ltr")


@pytest.mark.parametrize(
    "text", ["word " * 60, "港口" * 90, "港口，" * 60 + "end", "  indented " * 30, "مرحبا بكم " * 30]
)
def test_lines_are_at_most_78_columns(text: str) -> None:
    assert max(width(line) for line in wrap(text).split("\n")) <= 78


def test_addresses_stay_whole_however_long() -> None:
    address = "https://x.example/" + "a" * 200
    assert address in wrap(f"See {address} for more").split("\n")


def test_a_designer_renders_a_digest_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "issue.json").write_text(json.dumps(english().as_dict()), encoding="utf-8")
    assert main([str(tmp_path / "issue.json"), "--out", str(tmp_path / "out")]) == 0
    assert "Dear Reader," in (tmp_path / "out" / "issue.txt").read_text(encoding="utf-8")
    assert "bytes of HTML" in capsys.readouterr().out


def test_a_designer_learns_what_is_wrong_with_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "issue.json").write_text("{}", encoding="utf-8")
    assert main([str(tmp_path / "issue.json"), "--out", str(tmp_path)]) == 1
    (tmp_path / "issue.json").write_text(json.dumps(english().as_dict()), encoding="utf-8")
    assert main([str(tmp_path / "issue.json"), "--out", str(tmp_path), "--template", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
