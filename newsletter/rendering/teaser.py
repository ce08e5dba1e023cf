"""Fit a teaser to a length, ending where a sentence or a clause ends, in the way of its language.

Where sentences end is told by sentencex, the segmenter of Wikimedia; what it takes for an end and is none (an
abbreviation it does not know, an open quotation or question) is left out here.
"""

from __future__ import annotations

import re

from sentencex import get_sentence_boundaries

from newsletter.rendering.words import base

LONGEST = 320  # characters; about four lines of a digest
LONGEST_CJK = 140
ELLIPSIS = "…"
LEAST_SHARE = 0.4  # a sentence end earlier than this share of the room leaves too little
MOST_STEPS = 4  # words a cut may go back to a better place

# Never the end of a sentence, whatever follows: titles, months, "that is".
_ALWAYS = {
    "en": "Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Col|Lt|St|Jr|Sr|vs|e\\.g|i\\.e|cf|approx|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec",
    "fr": "M|MM|Mme|Mmes|Mlle|Dr|Pr|Me|St|Ste|av|env|cf|c\\.-à-d|p\\. ?ex|janv|févr|juill|sept|oct|nov|déc",
    "ru": "т\\. ?е|т\\. ?к|др|им|см|напр|ул|акад|проф|тов|гр",
    "ar": "د|أ|م|ق|هـ",
    "es": "Sr|Sra|Sres|Srta|Dr|Dra|Ud|Uds|Lic|Ing|EE|Av|p\\. ?ej|aprox",
}
# No end before a number: "No. 5", "art. 12", "стр. 7".
_BEFORE_NUMBERS = "No|Nos|Art|art|arts|p|pp|pág|págs|núm|núms|vol|ch|chap|Fig|fig|с|стр|ст|гл|рис|табл"
# An end only before a capital letter: "etc.", "млрд", "2019 г.".
_SOMETIMES = "etc|al|Inc|Ltd|Co|Corp|г|гг|в|вв|млн|млрд|тыс|руб|т\\. ?д|т\\. ?п|UU|Cía"
_BEFORE = r"(?:^|[\s(\"“«])"
_INITIAL = re.compile(rf"{_BEFORE}(?:[^\W\d_]|(?:[^\W\d_]\.[ \u00a0]?)+[^\W\d_])\.$")
_TITLE = {tag: re.compile(rf"{_BEFORE}(?:{words})\.$", re.IGNORECASE) for tag, words in _ALWAYS.items()}
_COUNTED = re.compile(rf"{_BEFORE}(?:{_BEFORE_NUMBERS})\.$")
_SHORTENED = re.compile(rf"{_BEFORE}(?:{_SOMETIMES})\.$")
_CLAUSE_END = re.compile(r"[,;:](?=\s)|[،؛]|[，；：、]|\s[–—-]\s|\s?[–—](?=\w)")
_TURN = re.compile(  # what follows takes back or limits what was said: no place to stop
    r"\W*(?:(?:but|not|no|nor|never|neither|yet|however|except|unless|if|although|though|while|until|only|cannot|n't|"
    r"mais|sauf|si|ni|pas|non|jamais|ne|n'|n’|toutefois|cependant|pourtant|"
    r"pero|sino|salvo|aunque|no|nunca|tampoco|excepto|"
    r"но|а|не|ни|нет|если|кроме|хотя|однако|никогда)\b|"
    r"لكن|ولكن|إلا|ليس|ليست|إذا|غير|(?:لا|لم|لن)\b|但|却|而|不|没|沒|未|无|非|除非|如果|尽管|然而)",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CJK_STOP = re.compile(r"(?<=[。！？])(?![。！？”』」）])|(?<=[。！？][”』」）])")
_ARABIC = re.compile(r"[\u0620-\u064a]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_BLANKS = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")  # not the no-break spaces of «\u202f12\u00a0500\u202f»
_PAIRS = (("«", "»"), ("「", "」"), ("『", "』"), ("（", "）"), ("(", ")"), ("¿", "?"), ("¡", "!"))
_TRAILING = " ,;:–—-،؛，；：、"


def fit(text: str, *, longest: int | None = None, language: str = "") -> str:
    """Return ``text`` in at most ``longest`` characters; ``language`` "" is told by its letters.

    It ends at the last sentence that fits and that the next one does not take back ("But ..."), else at a clause that
    nothing behind it takes back ("..., but not ..."), else between words with an ellipsis; never before a "not",
    inside a number, a name, an abbreviation or an open quotation when another place will do. White space is
    collapsed, except for spaces that must not break.
    """
    words = _BLANKS.sub(" ", text).strip()
    cjk = len(_CJK.findall(words)) * 3 > len(words)
    room = longest or (LONGEST_CJK if cjk else LONGEST)
    if len(words) <= room:
        return words
    tongue = base(language) if language else _tongue(words, cjk)
    return _at_sentence(words, room, tongue) or _at_clause(words, room) or _at_word(words, room, tongue)


def _tongue(text: str, cjk: bool) -> str:
    if cjk:
        return "zh"
    return "ar" if _ARABIC.search(text) else "ru" if _CYRILLIC.search(text) else "en"


def _at_sentence(text: str, room: int, language: str) -> str:
    ends = [end for end in _ends(text[: room + 60], language) if room * LEAST_SHARE <= end <= room]
    kept = [end for end in ends if not _TURN.match(text[end:])]
    best = max(kept or ends, default=0)
    return text[:best].rstrip()


def _ends(text: str, language: str) -> list[int]:
    """Return where sentences end, before the space behind them."""
    found = {len(text[: told["end_index"]].rstrip()) for told in get_sentence_boundaries(language, text)}
    found |= {stop.start() for stop in _CJK_STOP.finditer(text)}
    return sorted(end for end in found if end < len(text) and _is_end(text, end, language))


def _is_end(text: str, end: int, language: str) -> bool:
    said, after = text[:end], text[end:].lstrip()
    return _balanced(said) and not after[:1].islower() and not _is_shortened(said, after, language)


def _is_shortened(said: str, after: str, language: str) -> bool:
    """Whether the full stop at the end belongs to an abbreviation or an initial that goes on."""
    if _SHORTENED.search(said):
        return not after[:1].isupper()
    if _COUNTED.search(said):
        return after[:1].isdigit()
    title = _TITLE.get(language)
    return bool(_INITIAL.search(said) or (title and title.search(said)))


def _at_clause(text: str, room: int) -> str:
    best = 0
    for found in _CLAUSE_END.finditer(text[: room - 1]):
        before, after = text[: found.start()], text[found.end() :]
        if _balanced(before) and not _joins_digits(before, after) and not _TURN.match(after):
            best = found.start()
    return _cut(text[:best]) if best >= room * LEAST_SHARE else ""


def _joins_digits(before: str, after: str) -> bool:
    return before[-1:].isdigit() and after.lstrip()[:1].isdigit()


def _at_word(text: str, room: int, language: str) -> str:
    """Return the text cut between words (anywhere in CJK), a few words earlier where the cut would tear something."""
    cjk = language in ("zh", "ja")
    first = end = room - 1 if cjk else _space_before(text, room)
    for _ in range(MOST_STEPS):
        if not _is_torn(text[:end], text[end:], language):
            return _cut(text[:end])
        end = end - 1 if cjk else text.rfind(" ", 0, end)
        if end < room * LEAST_SHARE:
            break
    return _cut(text[:first])


def _space_before(text: str, place: int) -> int:
    """Return where the last word that ends before ``place`` ends; the place itself in a text without spaces."""
    found = text.rfind(" ", 0, place)
    return found if found > 0 else place - 1


def _is_torn(before: str, after: str, language: str) -> bool:
    """Whether a cut here parts what belongs together: a "not" from its verb, a number, a name, an abbreviation."""
    word = before[-1:] if _CJK.match(before[-1:]) else before.rsplit(" ", 1)[-1]
    following = after.lstrip().split(" ", 1)[0]
    if _TURN.match(after) or _is_shortened(before, after.lstrip(), language):
        return True
    if word[-1:].isdigit() and (following[:1].isdigit() or following[:1] in ("%", "°")):
        return True
    if word[:1].isupper() and word[-1:].isalpha() and following[:1].isupper():
        return True
    return bool(_TURN.fullmatch(word))


def _cut(text: str) -> str:
    kept = text.rstrip(_TRAILING)
    return kept if kept.endswith((ELLIPSIS, "...")) else kept + ELLIPSIS


def _balanced(text: str) -> bool:
    """Whether no quotation, bracket, ¿ or ¡ is left open."""
    if text.count('"') % 2:
        return False
    german = "„" in text  # there “ closes
    pairs = (*_PAIRS, ("„", "“") if german else ("“", "”"))
    return all(text.count(opening) <= text.count(closing) for opening, closing in pairs)
