"""The sentence with which every center closes its pages, in its languages; it is often glued to the text before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(
    r"(?:does|do) not take (?:any |an )?institutional positions?|the views represented herein are those of the author|"
    r"(?:ne pren\w+|n['’]adopte\w*)[^.\n]{0,30}positions? institutionnelles?|"
    r"no (?:adopta|toma|asume|tiene|mantiene)n?[^.\n]{0,20}(?:posici(?:ón|ones)|posturas?) institucional(?:es)?|"
    r"não (?:assum|adot|tom)\w+[^.\n]{0,20}posiç(?:ão|ões) instituciona(?:l|is)|"
    r"(?:nimmt|vertritt|bezieht)[^.\n]{0,20}institutionellen? (?:position|standpunkt|haltung)\w*|"
    r"kurumsal (?:pozisyon|tutum|görüş)\w* (?:almaz|benimsemez)|"
    r"не (?:выступа[ею]т с|занима[ею]т|име[ею]т|придержива[ею]тся)[^.\n]{0,40}институц[^.\n]{0,20}позици|"
    r"не займа[єю]т?ь?[^.\n]{0,40}інституц[^.\n]{0,20}позиці|"
    r"لا (?:ت?ي?ت[ّ]?خذ|[تي]تبن[ّ]?ى)\b[^.\n]{0,60}?مواقف مؤسس",
    re.IGNORECASE,
)
_OF_A_CENTER = re.compile(  # what other bodies may do in a text, too
    r"не (?:выступа[ею]т с|занима[ею]т|име[ею]т|придержива[ею]тся)[^.\n]{0,40}(?:общ|коллектив|един)[^.\n]{0,20}позици|"
    r"لا (?:ت?ي?ت[ّ]?خذ|[تي]تبن[ّ]?ى)\b[^.\n]{0,60}?مواقف|ولا تعكس بالضرورة[^.\n]{0,40}(?:المؤسسة|كارنيغي|المركز)|"
    r"不[^。\n]{0,30}(?:机构|機構|官方)性?立[场場]|کارنگی[^.\n]{0,80}موضع|कार्नेगी[^।\n]{0,80}संस्थागत"
)
_NOT_OURS = re.compile(r"\bdo(?:es)? not necessarily reflect the (?:views|opinions) of (?:the )?Carnegie\b")
_CENTER = re.compile(r"carnegie|карнег[иі]|كارنيغي|卡[内內]基|کارنگی|कार्नेगी|المؤسسة", re.IGNORECASE)
_NEEDED = (  # without one of these there is no disclaimer; looking for them is what costs least
    *("institution", "instituciona", "views represented", "necessarily reflect", "kurumsal", "институц", "інституц"),
    *("позици", "مواقف", "تعكس", "立场", "立場", "موضع", "संस्थागत"),
)
_NAME_BEFORE = re.compile(
    r"(?:(?:(?:The|La|Le|El|A|Das|Die) )?"
    r"(?:(?:Fondation|Fundación|Fundação|Dotation|Fondo|Centre|Centro)\s(?:[^.!?\n]{1,60}\s)?)?"
    r"(?:Malcolm H\. Kerr )?Carnegie(?:(?!Carnegie)[\w\s,&'’–—-]){0,80}|"
    r"(?:(?:[Фф]онд|(?:Московский |Берлинский )?[Цц]ентр)\s)(?:(?!Фонд )[^.!?\n]){0,120}|Карнег[иі]|"
    r"(?:مؤسسة |مركز )?(?:مالكوم كير\S* )?كارنيغي[^.!?\n]{0,80}|卡[内內]基[^。！？\n]{0,40})$"
)
LONGEST_NAME = 160
SHORTEST_CUT = 5  # signs of the sentence behind the name
_WHOLE = " does not take institutional positions"


def disclaimer_in(line: str, names: Sequence[str]) -> int | None:
    """Return where in ``line`` the disclaimer of a center begins, None without one; ``names`` are known centers."""
    small = line.lower()
    if not any(word in small for word in _NEEDED):
        return None
    if found := _PLAIN.search(line):
        return _start(line, found.start(), names)
    named = _CENTER.search(line) or any(name in line for name in names if name)
    for found in _OF_A_CENTER.finditer(line) if named else ():
        around = line[max(found.start() - LONGEST_NAME, 0) : found.end()]
        if _CENTER.search(around) or any(name in around for name in names if name):
            return _start(line, found.start(), names)
    found_last = _NOT_OURS.search(line)
    return _behind_stop(line[: found_last.start()]) if found_last else None


def cut_disclaimer_in(line: str, names: Sequence[str]) -> int | None:
    """Return where a disclaimer begins that the end of the file cut short, None without one."""
    for size in range(len(_WHOLE), SHORTEST_CUT - 1, -1):
        if line.endswith(_WHOLE[:size]):
            before = line[:-size]
            named = before.endswith(tuple(name for name in names if name)) or _NAME_BEFORE.search(before)
            return _start(line, len(before), names) if named else None
    return None


def _start(line: str, phrase: int, names: Sequence[str]) -> int:
    """Return where the sentence around ``phrase`` begins: at the center's name, else behind the last full stop."""
    before = line[:phrase].rstrip()
    for name in sorted(names, key=len, reverse=True):
        if name and before.endswith(name):
            return len(before) - len(name) - (4 if before[: -len(name)].endswith("The ") else 0)
    if found := _NAME_BEFORE.search(before):
        return found.start()
    begin = _behind_stop(before)
    return begin if len(before) - begin <= LONGEST_NAME else len(before)


def _behind_stop(before: str) -> int:
    return max(before.rfind(stop) for stop in ".!?。؟”\n") + 1
