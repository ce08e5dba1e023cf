"""Fit a teaser to a length, ending where a sentence or a clause ends, in the way of its script."""

from __future__ import annotations

import re

LONGEST = 320  # characters; about four lines of a digest
LONGEST_CJK = 140
ELLIPSIS = "…"
LEAST_SHARE = 0.4  # a sentence end earlier than this share of the room leaves too little

_ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Col|Lt|St|Jr|Sr|vs|etc|No|Inc|Ltd|Co|Corp|approx|e\\.g|i\\.e|cf|al|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|M|Mme|art|p|pp|vol|т\\.е|т\\.д|т\\.п|др|г|гг|в|вв|им|стр|млн|млрд|тыс|руб|"
    "Sr|Sra|Ud|Uds|EE|núm|pág"
)
_SENTENCE_END = re.compile(r"[.!?؟۔…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[”』」）]*")
_NOT_AN_END = re.compile(rf"(?:^|[\s(\"“«])(?:{_ABBREVIATIONS}|[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_])\.$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:،؛，；：、](?=\s|[^\s\d])|\s[–—-]\s")
_TURN = re.compile(  # what follows takes back or limits what was said: no place to stop
    r"\W*(?:(?:but|not|nor|except|unless|if|although|though|while|mais|sauf|si|ni|pero|sino|salvo|aunque|но|а|не|если|кроме|хотя)\b|"
    r"لكن|ولكن|إلا|ليس|إذا|لا\b|但|却|而|不|除非|如果|尽管)",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_OPENING, _CLOSING = "“«„「『（(", "”»」』）)"


def fit(text: str, *, longest: int | None = None) -> str:
    """Return ``text`` in at most ``longest`` characters.

    It ends at the last sentence that fits, else at a clause that nothing behind it takes back ("..., but not ..."),
    else between words with an ellipsis; never inside a number, an abbreviation or an open quotation when another
    place will do. White space is collapsed.
    """
    words = " ".join(text.split())
    cjk = len(_CJK.findall(words)) * 3 > len(words)
    room = longest or (LONGEST_CJK if cjk else LONGEST)
    if len(words) <= room:
        return words
    return _at_sentence(words, room) or _at_clause(words, room) or _at_word(words, room, cjk)


def _at_sentence(text: str, room: int) -> str:
    best = 0
    for found in _SENTENCE_END.finditer(text[: room + 1]):
        end = found.end()
        if end <= room and not _NOT_AN_END.search(text[: found.start() + 1]) and _balanced(text[:end]):
            best = end
    return text[:best].rstrip() if best >= room * LEAST_SHARE else ""


def _at_clause(text: str, room: int) -> str:
    best = 0
    for found in _CLAUSE_END.finditer(text[:room]):
        before, after = text[: found.start()], text[found.end() :]
        if _balanced(before) and not before[-1:].isdigit() and not _TURN.match(after):
            best = found.start()
    return text[:best].rstrip() + ELLIPSIS if best >= room * LEAST_SHARE else ""


def _at_word(text: str, room: int, cjk: bool) -> str:
    if cjk:
        return text[: room - 1].rstrip() + ELLIPSIS
    cut = text[:room].rsplit(" ", 1)[0] if " " in text[:room] else text[: room - 1]
    return cut.rstrip(" ,;:–—-") + ELLIPSIS


def _balanced(text: str) -> bool:
    """Whether no quotation or bracket is left open."""
    opened = sum(text.count(sign) for sign in _OPENING)
    closed = sum(text.count(sign) for sign in _CLOSING)
    return opened <= closed and text.count('"') % 2 == 0
