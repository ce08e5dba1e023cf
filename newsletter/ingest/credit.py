"""Lines that say where an image or a text comes from: "Source: Getty", "Photo by Jane Roe/Getty Images"."""

from __future__ import annotations

import re

from newsletter.ingest.furniture import LONGEST
from newsletter.ingest.tidy import tidy

_SOURCE = re.compile(
    r"^(?:Sources?|Источники?|المصدر|(?:图片)?来源|(?:圖片)?來源|Quelle|Fuente)\s*[:：]\s*(.*)$", re.IGNORECASE
)
_CREDIT = re.compile(
    r"^\(?(?:(?:Photo|Image|Picture|Фото|صورة|图片)s?(?: credit)?\s*[:：]\s*(?P<who>.+?)|"
    r"(?P<whole>(?:Photo|Image)s? (?:by|courtesy of) .+?|Getty(?: Images)?))\)?$",
    re.IGNORECASE,
)
_PICTURES_ONLY = re.compile(
    r"getty|shutterstock|i?stock ?photo|\bistock|alamy|flickr|wikimedia|unsplash|pexels|pixabay|adobe stock|corbis|"
    r"nurphoto|sipa|zuma|public domain|creative commons|\bphotos?\b|\bimages?\b|غيتي|гетти",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"associated press|\bap\b|reuters|\bafp\b|\bepa\b|anadolu|\btass\b|\bтасс\b|ria novosti|риа новости|sputnik|xinhua|"
    r"\bvcg\b|\bnasa\b|bloomberg via|رويترز|فرانس برس",
    re.IGNORECASE,
)
_OFFICE = re.compile(  # offices that hand out pictures, and publish nothing one would reprint
    r"(?:the )?(?:(?:official )?white house|kremlin(?:\.ru| pool)?|press service of .*|.*\bpress (?:service|office)|"
    r"(?:u\.?s\.? )?(?:department of (?:state|defense|war)|state department|army|navy|air force|embassy.*)|"
    r"pentagon|nato|european (?:union|commission|council|parliament)|united nations|un|idf|"
    r"ministry of .*|.*\bministry|wikipedia|twitter|youtube|instagram|telegram|canva|кремль|пресс-служба .*)",
    re.IGNORECASE,
)
LONGEST_CREDIT = 500


def source_in(line: str) -> str | None:
    """Return what a source line names, "" where it names nothing, None for another line; split at the first colon."""
    source = _SOURCE.match(line)
    return tidy(source[1])[:LONGEST_CREDIT] if source else None


def credit_in(line: str) -> str:
    """Return the credit in a line that says so without the word "Source", "" for another line."""
    credit = _CREDIT.match(line[: LONGEST + 1])
    return tidy(credit["who"] or credit["whole"])[:LONGEST_CREDIT] if credit else ""


def is_of_pictures(words: str) -> bool:
    """Return True for who sells or collects pictures and publishes no texts."""
    return bool(_PICTURES_ONLY.search(words))


def is_agency(words: str) -> bool:
    """Return True for an agency, or an office that hands out pictures: a credit where an image's is expected."""
    return bool(_AGENCY.search(words) or _OFFICE.fullmatch(words))
