"""Whether a line is a title or a sentence: a teaser never becomes a title in silence."""

from __future__ import annotations

import re

from newsletter.expressions.fold import fold
from newsletter.ingest.furniture import is_no_headline
from newsletter.ingest.tidy import letters


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LONGEST_TITLE = 180
LONGEST_TITLE_WORDS = 26
LONGEST_HAN_TITLE = 60
_CLOSING = "\"'”’»）)]"
_STOPS = (".", "。", "．", "۔", "…", "｡")
_NO_END = (",", ";", ":", "،", "؛", "，", "；", "：", "-", "–", "—")
_ABBREVIATED = re.compile(
    r"(?:\b(?:\w\.){2,}|\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|v|No|Inc|Co|Corp|Ltd|Prof|Gen|Col|Sen|Rep|Gov|Amb|Lt|etc|Vol|pp)\.|"
    r"\b[A-ZА-ЯЁ]\.)$"
)
_BREAK = re.compile(r"[.。۔؟?!！？]+[\"'”’»)]*(?=\s+[\"'“«(]?[^\W\da-zа-яё_]|(?<=[。！？]).)")
_BULLET = re.compile(r"^(?:[-–•*·]|\d{1,2}[.)])\s")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_ENGLISH = _words("the of and to in is that for on with as are by this from its it has have will an at be a was")
_OTHER_LATIN = _words(
    "le la les des et du une est pour dans sur au par qui que el los las en del por con se der die das und den von zu "
    "mit ist im für auf il di e che per o os as do da em um uma ve bir bu için de"
)
_HEADINGS = frozenset(
    fold(heading)
    for heading in (
        *("Introduction", "Summary", "Executive Summary", "Key Conclusions", "Key Findings", "Key Points", "Overview"),
        *("Main Argument", "Policy Implications", "Notes", "Note", "Background", "Conclusion", "Contents"),
        *("Table of Contents", "Recommendations", "Policy Recommendations", "Key Takeaways", "Takeaways", "Abstract"),
        *("Event Summary", "Key Insights", "Findings", "Acknowledgments", "Endnotes", "References", "Transcript"),
        *("Key Recommendations", "The Issue", "The Problem", "The Challenge", "Context", "Analysis", "Methodology"),
        *("Speakers", "Speaker", "Panel", "Panelists", "Moderator", "Participants", "Agenda", "Host", "Welcome"),
        *("Opening Remarks", "Closing Remarks", "Keynote", "About", "About This Project", "About the Project"),
        *("Event Transcript", "Full Transcript", "Edited Transcript", "Selected Quotes", "In This Issue", "Excerpt"),
        *("Related Media", "Related Links", "Related Analysis", "Related Content", "Related Work", "Further Reading"),
        *("Dear Colleague", "Dear Colleagues", "Dear Reader", "Dear Readers", "Dear Friends", "Mr. Chairman"),
        *("Chairman's Statement", "Statement for the Record", "Written Testimony", "Prepared Testimony"),
        *("Footnotes", "Acknowledgements", "Acknowledgment", "Acknowledgement", "Bibliography", "Appendix"),
        *("Page Not Found", "Interviewer", "Press Contact", "Media Contact", "Contact", "Question", "Answer"),
        *("Lead Author", "Lead Authors"),
        *("For Immediate Release", "Download", "Advance Praise", "Foreword", "Preface", "Discussion", "Highlights"),
        *("Введение", "Резюме", "Аннотация", "Основные выводы", "Выводы", "Примечания", "Содержание", "Заключение"),
        *("مقدمة", "المقدمة", "ملخص", "خلاصة", "الخلاصة", "خاتمة", "هوامش", "摘要", "引言", "导言", "结论", "注释"),
        *("Résumé", "Sommaire", "Conclusions", "Resumen", "Introducción", "Conclusiones"),
    )
)  # fmt: skip


def is_sentence(line: str) -> bool:
    """Return True for running prose: a closing full stop, several sentences, or too long for a title."""
    if (
        len(line) > LONGEST_TITLE
        or len(line.split()) > LONGEST_TITLE_WORDS
        or len(_HAN.findall(line)) > LONGEST_HAN_TITLE
    ):
        return True
    bare = line.rstrip(_CLOSING).rstrip()
    if bare.endswith(_STOPS) and not _ABBREVIATED.search(bare):
        return True
    if bare.endswith((".", "?", "!", "؟", "？", "！")) and len(line.split()) > 18:
        return True
    return any(
        found[0][0] not in "?!؟！？" and not _ABBREVIATED.search(line[: found.start() + 1])
        for found in _BREAK.finditer(line[: len(bare)])
    )


def may_be_title(line: str) -> bool:
    """Return True for a line shaped like a title: words, short, no prose, no bullet, no heading of a body."""
    words = _WORD.findall(line)
    return (
        any(len(word) > 1 and word[0].isalpha() for word in words)
        and not is_sentence(line)
        and not line.rstrip().endswith(_NO_END)
        and not _BULLET.match(line)
        and not line.startswith(("http://", "https://", "www.", "(", "["))
        and (not line[0].islower() or (is_english(line) and len(words) > 1 and is_capitalised(line)))
        and fold(line.strip("#*: ")) not in _HEADINGS
        and not is_no_headline(line)
    )


def like_teaser(line: str) -> bool:
    """Return True for prose, and for a long line without a full stop that is not written like an English title."""
    if is_sentence(line):
        return True
    titled = is_english(line) and is_capitalised(line)
    return not titled and not _BULLET.match(line) and (len(line) >= 60 or (line[-1] in "?!؟" and is_english(line)))


def is_capitalised(line: str) -> bool:
    """Return True when an English line is written the way English titles are, and for every other language."""
    if not is_english(line):
        return True
    long = [word for word in _WORD.findall(line) if len(word) >= 4]
    raised = sum(1 for word in long if not word[0].islower())
    return raised * 5 >= len(long) * 3 if len(long) > 2 else raised == len(long)


def is_english(line: str) -> bool:
    """Return False where script or small words say another language."""
    signs = [sign for sign in line if sign.isalpha()]
    if sum(1 for sign in signs if _LATIN.match(sign)) * 2 < len(signs):
        return False
    words = fold(line).split()
    return not sum(word in _OTHER_LATIN for word in words) > sum(word in _ENGLISH for word in words)


def agrees(line: str, slug: str) -> bool | None:
    """Return whether a line and the slug of an address say the same; None when they cannot be compared."""
    asked = {word for word in re.split(r"[\W_]+", fold(slug)) if len(word) > 2 and word not in _ENGLISH}
    if len(asked) < 2 or not _LATIN.search(line) or not is_english(line):
        return None
    said, glued = {letters(word) for word in _WORD.findall(line)}, letters(line)
    shared = sum(word in said or (len(word) > 4 and word in glued) for word in asked)
    if shared * 5 >= len(asked) * 3 and len(said) <= 3 * len(asked) + 4:
        return True
    return False if shared == 0 else None
