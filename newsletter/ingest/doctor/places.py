"""Countries and regions by their names in English, Russian, Arabic, French, Spanish and Chinese.

Names of countries are those of the CLDR (Babel); which countries a region holds is a small table of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale

from newsletter.expressions.fold import fold

LANGUAGES = ("en", "ru", "ar", "fr", "es", "zh")
_CAUCASUS, _CENTRAL_ASIA = "AM AZ GE", "KZ KG TJ TM UZ"
_LEVANT, _GULF, _MAGHREB = "IL JO LB PS SY", "AE BH IQ IR KW OM QA SA YE", "DZ LY MA TN MR"
_EAST_ASIA, _SOUTH_ASIA = "CN JP KR KP MN TW HK MO", "AF BD BT IN LK MV NP PK"
_SOUTHEAST_ASIA = "BN ID KH LA MM MY PH SG TH TL VN"
_BALTIC, _BALKAN, _NORDIC = "EE LV LT", "AL BA BG HR GR XK ME MK RO RS SI", "DK FI IS NO SE"
_WEST = "AT BE CH DE FR GB IE LI LU MC NL IT ES PT"
_EAST = f"BY BG CZ HU MD PL RO RU SK UA {_BALTIC} {_BALKAN} {_CAUCASUS}"
_SOUTH = f"AD CY ES GR IT MT PT SM TR VA {_BALKAN}"
_EUROPE = f"{_WEST} {_EAST} {_SOUTH} {_NORDIC}"
_MIDDLE_EAST = f"{_LEVANT} {_GULF} EG TR CY"
_NORTH_AFRICA = f"{_MAGHREB} EG SD"
_WEST_AFRICA = "BF BJ CI CV GH GM GN GW LR ML MR NE NG SL SN TG"
_EAST_AFRICA = "BI DJ ER ET KE KM MG MU MW MZ RW SC SD SO SS TZ UG ZM ZW"
_CENTRAL_AFRICA, _SOUTHERN_AFRICA = "AO CD CF CG CM GA GQ ST TD", "BW LS NA SZ ZA ZM ZW MZ AO MW"
_SAHARAN = f"{_WEST_AFRICA} {_EAST_AFRICA} {_CENTRAL_AFRICA} {_SOUTHERN_AFRICA}"
_NORTH_AMERICA, _CENTRAL_AMERICA = "US CA MX GL", "BZ CR GT HN NI PA SV"
_CARIBBEAN, _SOUTH_AMERICA = "AG BB BS CU DO HT JM LC TT PR", "AR BO BR CL CO EC GY PE PY SR UY VE"
_LATIN = f"MX {_CENTRAL_AMERICA} {_CARIBBEAN} {_SOUTH_AMERICA}"
_OCEANIA = "AU NZ FJ PG SB VU WS TO KI PW FM MH NR TV"
_ASIA = f"{_EAST_ASIA} {_SOUTH_ASIA} {_SOUTHEAST_ASIA} {_CENTRAL_ASIA} {_MIDDLE_EAST} {_CAUCASUS}"
_POST_SOVIET = f"RU UA BY MD {_CAUCASUS} {_CENTRAL_ASIA}"

REGIONS: Mapping[str, str] = {  # names as tags and titles have them -> ISO 3166 codes
    "middle east|mena|ближнии восток|الشرق الأوسط|moyen-orient|proche-orient|oriente medio|oriente próximo|中东": (
        f"{_MIDDLE_EAST} {_NORTH_AFRICA}"
    ),
    "north africa|northern africa|afrique du nord|norte de áfrica": _NORTH_AFRICA,
    "levant|bilad al-sham|المشرق": _LEVANT,
    "gulf|gulf states|persian gulf|arabian gulf|gulf cooperation council|الخليج": _GULF,
    "maghreb|المغرب العربي|магриб|magreb": _MAGHREB,
    "east asia|northeast asia": _EAST_ASIA,
    "south asia": _SOUTH_ASIA,
    "southeast asia|south east asia|asean": _SOUTHEAST_ASIA,
    "central asia": f"{_CENTRAL_ASIA} AF MN",
    "caucasus|south caucasus|southern caucasus|кавказ|южныи кавказ|caucase|cáucaso|高加索": f"{_CAUCASUS} RU",
    "eurasia|russia and eurasia|post-soviet states|post-soviet space|евразия": f"{_POST_SOVIET} {_BALTIC} TR MN",
    "europe": _EUROPE,
    "western europe": f"{_WEST} {_NORDIC}",
    "eastern europe": f"{_EAST} {_CENTRAL_ASIA}",
    "central europe|central and eastern europe": f"AT DE CH CZ HU PL SK SI {_EAST}",
    "northern europe|nordic countries|scandinavia": f"{_NORDIC} {_BALTIC} GB IE",
    "southern europe": _SOUTH,
    "balkans|western balkans|балканы|البلقان|巴尔干": _BALKAN,
    "baltics|baltic states": _BALTIC,
    "africa": f"{_NORTH_AFRICA} {_SAHARAN}",
    "sub-saharan africa": _SAHARAN,
    "west africa": _WEST_AFRICA,
    "east africa|horn of africa": _EAST_AFRICA,
    "central africa": _CENTRAL_AFRICA,
    "southern africa|southern, eastern, and western africa": _SAHARAN,
    "sahel|сахель": f"{_WEST_AFRICA} TD CM ER SD DZ",
    "north america": _NORTH_AMERICA,
    "latin america|latin america and the caribbean": _LATIN,
    "south america": _SOUTH_AMERICA,
    "central america": f"{_CENTRAL_AMERICA} MX",
    "caribbean": _CARIBBEAN,
    "americas|western hemisphere": f"{_NORTH_AMERICA} {_LATIN}",
    "oceania|pacific islands": _OCEANIA,
    "asia": _ASIA,
    "asia-pacific|asia pacific|indo-pacific|pacific|亚太|印太": (
        f"{_EAST_ASIA} {_SOUTH_ASIA} {_SOUTHEAST_ASIA} {_OCEANIA} US CA"
    ),
    "arctic|арктика": f"RU CA US GL {_NORDIC}",
    "black sea": "BG GE RO RU TR UA",
    "mediterranean|eastern mediterranean": f"{_SOUTH} {_LEVANT} {_NORTH_AFRICA} FR",
    "european union|eu|ес": _EUROPE,
}
CLDR_REGIONS: Mapping[str, str] = {  # the CLDR's numbers of regions -> a name above
    **{"002": "africa", "003": "north america", "005": "south america", "009": "oceania", "011": "west africa"},
    **{"013": "central america", "014": "east africa", "015": "north africa", "017": "central africa"},
    **{"018": "southern africa", "019": "americas", "021": "north america", "029": "caribbean", "030": "east asia"},
    **{"034": "south asia", "035": "southeast asia", "039": "southern europe", "142": "asia", "143": "central asia"},
    **{"145": "middle east", "150": "europe", "151": "eastern europe", "154": "northern europe"},
    **{"155": "western europe", "202": "sub-saharan africa", "419": "latin america", "EU": "european union"},
}
ALIASES: Mapping[str, str] = {
    "turkey": "TR",
    "britain|great britain|united kingdom": "GB",
    "united states|united states of america|america|сша|أمريكا|أميركا|états-unis|estados unidos": "US",
    "burma|myanmar": "MM",
    "palestine|gaza|west bank|палестина|газа|فلسطين|غزة|palestina|巴勒斯坦|加沙": "PS",
    "hong kong|гонконг|هونغ كونغ|香港": "HK",
    "macau|macao|澳门": "MO",
    "czech republic|чехия": "CZ",
    "ivory coast": "CI",
    "congo": "CD CG",
    "dr congo|democratic republic of congo|democratic republic of the congo": "CD",
    "korea|corée|corea|корея": "KR KP",
    "южная корея": "KR",
    "северная корея": "KP",
    "crimea|крым|القرم|crimée": "UA RU",
    "donbas|донбасс": "UA RU",
    "kashmir": "IN PK",
    "nagorno-karabakh|karabakh|карабах": "AM AZ",
    "tibet|xinjiang": "CN",
    "georgia": "GE US",  # the state of the same name
    "new mexico|new jersey": "US",
    "gulf of mexico": "US MX CU",
    "белоруссия": "BY",
    "киргизия": "KG",
    "молдавия": "MD",
    "الإمارات": "AE",
    "السعودية": "SA",
    "birmanie|birmania": "MM",
    "rusia": "RU",
}
# Names that are other words at least as often: a pronoun, a first name, a fruit, half of another country's name.
OTHER_WORDS = frozenset(
    map(fold, ("того", "чад", "мали", "chad", "tchad", "togo", "maurice", "guinea", "guinée", "granada", "grenade"))
) | frozenset(("马里", "中非", "jersey", "man", "dominica", "dominique", "niger", "monaco", "mali", "ес"))
STATES = frozenset(" ".join((*REGIONS.values(), *ALIASES.values())).split())
OURS = frozenset(("HK", "MO"))  # the CLDR calls them "Hong Kong (China)"
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ARABIC_PREFIXES = ("و", "ب", "ل", "ف", "ك")
Territories = frozenset[str]


@dataclass(frozen=True, slots=True)
class Mention:
    """A place a title names: the words there, and the territories they stand for."""

    words: str
    territories: Territories


class Places:
    """Names of territories, and what is found by them."""

    def __init__(self) -> None:
        self._by_name: dict[str, Territories] = {}
        for name, territories in _names():
            self._by_name[name] = self._by_name.get(name, frozenset()) | territories
        self._han = {name: found for name, found in self._by_name.items() if _HAN.search(name)}
        self._any_han = re.compile(
            "|".join(sorted(map(re.escape, self._han.keys() - OTHER_WORDS), key=len, reverse=True))
        )
        self._by_words: dict[tuple[str, ...], Territories] = {}
        for name, found in self._by_name.items():
            for form in _forms(name) if name not in self._han else ():
                if form not in OTHER_WORDS:
                    self._by_words[tuple(_WORD.findall(form))] = found
        self._longest: dict[str, int] = {}  # first word of some name -> how many words the longest such name has
        for words in self._by_words:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def of_tag(self, tag: str) -> Territories:
        """Return the territories a region tag stands for, none when nobody knows."""
        return self._by_name.get(fold(tag), frozenset())

    def named_in(self, title: str) -> list[Mention]:
        """Return every place a title names, the longest name where one stands inside another."""
        if _HAN.search(title):
            return [Mention(found[0], self._han[found[0]]) for found in self._any_han.finditer(title)]
        written = _WORD.findall(title)
        words = [fold(word) for word in written]
        return [] if self._longest.keys().isdisjoint(words) else list(self._in_words(words, written))

    def _in_words(self, words: list[str], written: list[str]) -> Iterator[Mention]:
        at = 0
        while at < len(words):
            for length in range(self._longest.get(words[at], 0), 0, -1):
                if found := self._by_words.get(tuple(words[at : at + length])):
                    yield Mention(" ".join(written[at : at + length]), found)
                    at += length - 1
                    break
            at += 1


@cache
def places() -> Places:
    """Return the table, made once."""
    return Places()


def _names() -> Iterator[tuple[str, Territories]]:
    """Yield every folded name with its territories."""
    regions = {name: frozenset(codes.split()) for names, codes in REGIONS.items() for name in names.split("|")}
    for names, codes in (*REGIONS.items(), *ALIASES.items()):
        for name in names.split("|"):
            yield fold(name), frozenset(codes.split())
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            known = regions[CLDR_REGIONS[code]] if code in CLDR_REGIONS else frozenset({code} & STATES - OURS)
            for one in re.split(r"\s*[(（)）]\s*", name) if known else ():
                if len(fold(one)) > 1:
                    yield fold(one), known
                    yield fold(one.replace(" & ", " and ")), known


def _forms(name: str) -> set[str]:
    """Return a name as sentences have it: Russian cases of one word, Arabic with the particles written onto it."""
    if " " in name or "-" in name:
        return {name}
    if re.search("[а-я]", name):
        return {name, *_russian_cases(name)}
    if re.search("[\u0621-\u064a]", name):
        joined = {prefix + name for prefix in _ARABIC_PREFIXES}
        return {name, *joined, "لل" + name[2:]} if name.startswith("ال") else {name, *joined}
    return {name}


def _russian_cases(name: str) -> set[str]:
    """Return the forms of a folded name in the singular (folding turns the short i into i)."""
    endings = {
        "ия": "ия ии ию иеи",
        "а": "а ы и е у ои",
        "я": "я и е ю еи",
        "аи": "аи ая аю аем ае",
        "ь": "ь я ю ем е и",
    }
    for ending, forms in endings.items():
        if name.endswith(ending):
            return {name[: -len(ending)] + form for form in forms.split()}
    return {name + form for form in ("а", "у", "ом", "е")} if name[-1] not in "оеиуыэю" else set()
