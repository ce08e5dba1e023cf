"""Every check of the CMS doctor, in the order in which an article's oddities are told."""

from __future__ import annotations

from newsletter.ingest.doctor.checks.affiliation import CodeWithoutName, EmptyAffiliation, NameWithoutCode, UnknownCode
from newsletter.ingest.doctor.checks.authors import SpelledTwoWays
from newsletter.ingest.doctor.checks.blank import Blank
from newsletter.ingest.doctor.checks.language import LanguageContradicts
from newsletter.ingest.doctor.checks.newsletters import UnknownNewsletter
from newsletter.ingest.doctor.checks.regions import RegionContradicts
from newsletter.ingest.doctor.checks.types import TypeSpelling
from newsletter.ingest.doctor.checks.warned import WARNED
from newsletter.ingest.doctor.odd import Check, Where

_CHECKS: tuple[Check, ...] = (
    UnknownNewsletter(),
    UnknownCode("unknown_center_code", "center"),
    UnknownCode("unknown_program_code", "program"),
    EmptyAffiliation(),
    NameWithoutCode("center_without_code", "center"),
    CodeWithoutName("code_without_center", "center"),
    NameWithoutCode("program_without_code", "program"),
    CodeWithoutName("code_without_program", "program"),
    SpelledTwoWays(),
    RegionContradicts(),
    TypeSpelling(),
    LanguageContradicts(),
    Blank("no_type", "type", Where("a.type = ''"), "There is no type.", "Give the type."),
    Blank("no_teaser", "teaser", Where("a.teaser = ''"), "There is no teaser.", "Write one or two sentences."),
    Blank(
        "derived_title",
        "title",
        Where("a.title_derived and not a.overrides ? 'title'"),
        "The page told no title; this one was made from its address.",
        "Compare it with the page and set the right one.",
    ),
    Blank(
        "no_date",
        "published_on",
        Where("a.published_on is null"),
        "Nobody knows when it was published, so no age or date chooses it.",
        "Give it a date in the CMS, or an address that holds one.",
        settable=False,
    ),
    Blank(
        "no_address",
        "url",
        Where("a.url = ''"),
        "It has no address, so no issue can take it.",
        "Give the address of its page.",
    ),
    *WARNED,
)
CHECKS: dict[str, Check] = {check.code: check for check in _CHECKS}
