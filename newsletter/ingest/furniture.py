"""What a page shows around its article and no article says: buttons, labels, places, times, contacts, roles."""

from __future__ import annotations

import re

from newsletter.expressions.fold import fold
from newsletter.ingest.related import LABELS

LONGEST = 300  # a longer line is prose, and folding prose is what costs time


def _folded(*texts: str) -> frozenset[str]:
    return frozenset(map(fold, texts))


COPIED = _folded("Link Copied", "Link Copied!", "Ссылка скопирована", "تم نسخ الرابط", "链接已复制", "Lien copié",
                 "Enlace copiado")  # fmt: skip
INVALID_VIDEO = fold("Invalid video URL")
NOISE = COPIED | _folded("Invalid video URL", "REQUIRED IMAGE")
_BUTTONS = NOISE | _folded(
    *("Copy Link", "Share", "Share this page", "Share this article", "Print", "Print Page", "Download", "PDF"),
    *("Download PDF", "Download the PDF", "PDF Download", "View PDF", "View the PDF", "Download Full Report", "Save"),
    *("Download the Full Report", "Download Report", "Full Text", "Full Report", "Read More", "Read Full Text"),
    *("Read the Full Text", "Read the Full Article", "Read the Full Report", "Read Online", "Save Article", "Follow"),
    *("Subscribe", "Subscribe to the Podcast", "Sign Up", "Get the Latest", "Get Updates", "Learn More", "Listen"),
    *("Listen Now", "Watch", "Watch Live", "Watch the Video", "Watch the Event", "Register", "Register Now", "RSVP"),
    *("Facebook", "Twitter", "X", "LinkedIn", "Email", "E-mail", "WhatsApp", "Telegram", "YouTube", "Instagram"),
    *("Spotify", "Apple Podcasts", "Google Podcasts", "Stitcher", "SoundCloud", "RSS", "Overcast", "Amazon Music"),
    *("Live Online", "Live Stream", "Livestream", "Virtual Event", "Virtual Live Event"),
    *("Online Event", "Hybrid Event"),
    *("By", "Project", "Program", "Programs", "Topics", "Regions", "Related Topics", "Project hero Image", "Loading"),
    *("Loading...", "None", "N/A", "null", "undefined", "English", "Russian", "Arabic", "Chinese", "French", "Spanish"),
    *("Русский", "العربية", "中文", "Français", "Español", "Podcast Episode", "Web Commentary", "Media Advisory"),
    *("Поделиться", "Скачать PDF", "Скачать", "Печать", "Подписаться", "Читать дальше", "Опубликовано", "Источник"),
    *("شارك", "مشاركة", "طباعة", "تحميل", "تنزيل", "اشترك", "المصدر", "نشر", "نُشر", "分享", "下载"),
    *("打印", "订阅", "来源"),
    *("Partager", "Imprimer", "Télécharger", "Compartir", "Imprimir", "Descargar", "Press Release", "Book Review"),
    *("Policy Paper", "Carnegie Paper", "Carnegie Papers", "Question and Answer", "Q & A", "Media", "News", "Events"),
    *LABELS,
)  # fmt: skip
_LABELS = _folded(*LABELS)
_HOUSES = _folded(
    *("The World Unpacked", "Grand Tamasha", "Interpreting India", "Carnegie Connects", "China in the World"),
    *("Carnegie", "Carnegie Endowment", "Carnegie Endowment for International Peace", "Carnegie Europe"),
    *("Carnegie India", "Carnegie China", "Carnegie California", "Carnegie Politika", "Carnegie Middle East Center"),
    *("Malcolm H. Kerr Carnegie Middle East Center", "Carnegie Moscow Center", "Carnegie Russia Eurasia Center"),
    *("Carnegie Tsinghua Center for Global Policy", "Carnegie–Tsinghua Center for Global Policy", "Carnegie.ru"),
    *("Фонд Карнеги за международный мир", "Московский центр Карнеги", "Берлинский центр Карнеги", "Карнеги"),
    *("مركز كارنيغي للشرق الأوسط", "مركز مالكوم كير كارنيغي للشرق الأوسط", "مؤسسة كارنيغي للسلام الدولي"),
    *("卡内基国际和平基金会", "卡内基中国", "Diwan", "Sada", "Emissary", "Strategic Europe", "ديوان", "صدى"),
    *("Judy Dempsey's Strategic Europe", "China Financial Markets", "Carnegie Endowment for International Peace Blog"),
)  # fmt: skip
_PLACES = _folded(
    *("Washington", "Washington, DC", "Washington, D.C.", "Washington DC", "Moscow", "Beirut", "Brussels", "Beijing"),
    *("New Delhi", "Berlin", "Singapore", "London", "New York", "Москва", "Вашингтон", "بيروت", "واشنطن", "北京"),
)
_TONGUES = (
    "english|russian|arabic|chinese|french|spanish|german|turkish|persian|farsi|hindi|ukrainian|portuguese|japanese"
)
_PLAYERS = "spotify|apple podcasts|google podcasts|soundcloud|youtube|stitcher|amazon music|zoom|facebook|itunes"
_READ_ON = re.compile(
    rf"(?:(?:this|the) (?:article|piece|page|paper|report|text|essay)|read|listen|watch|available|subscribe|also)"
    rf"(?: (?:it|this|is|also|available|online|here|live|now|article|text))* (?:in|on):? (?:the )?"
    rf"(?:{_TONGUES}|{_PLAYERS})(?:[ ,/]|and|{_TONGUES}|{_PLAYERS})*"
)
_TIME = re.compile(
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,? ?)?"
    r"(?:[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} [a-z]{3,9}\.? \d{4})?[\s,|–—@-]*(?:at )?"
    r"(?:\d{1,2}(?::\d\d)? ?(?:[ap]\.?m\.?)?(?: ?[-–—] ?\d{1,2}(?::\d\d)? ?(?:[ap]\.?m\.?)?)?)?"
    r" ?\(?(?:e[sd]?t|[bcg]mt|ce?s?t|msk|utc|ist|beirut time|local time)?\)?"
)
_SEASON = re.compile(r"(?:issue )?(?:spring|summer|fall|autumn|winter),? \d{4}(?:[-–/]\d{2,4})?")
_MARKED = re.compile(
    r"(?:(?:media |press |event )?contacts?|(?:lead |by |co-?)?authors?|speakers?|panelists?|moderators?|hosts?|"
    r"guests?|interview(?:er|ee)|interviewed by|question|answer|[qaвоq]|photos?(?: by| credit)?|images?(?: credit)?|"
    r"(?:translated|edited|reviewed|posted|written) by|for immediate release|embargoed(?: until)?|"
    r"available in|read in|listen on|"
    r"автор(?:ы)?|фото|перевод|контакты|вопрос|ответ|المؤلف(?:ون)?|الكاتب|بقلم|صورة|作者|译者|图片|图|auteurs?|autor(?:es)?)"
    r"\s*[:：]"
)
_LED = re.compile(
    r"(?:for immediate release|.{0,100}\binterviewed by|translated (?:by|from)|moderated by|hosted by|"
    r"\(?(?:photo|image|picture)s? (?:by|courtesy|credit))\b"
)
_NUMBERED = re.compile(
    r"(?:chapter|part|section|episode|figure|table|appendix|annex|box|volume|глава|часть|الفصل|الجزء)\s*"
    r"(?:[\divxlc]+|one|two|three|four|five)"
)
_OFFICE = (
    r"(?:,| of\b).*\b(?:program|cent(?:er|re)|endowment|university|institute|college|school|department|studies|"
    r"carnegie|politics|relations|fellow|security|policy)\b.*"
)
_ROLE = re.compile(
    r"(?:(?:nonresident|non-resident|resident|senior|junior|visiting|distinguished|executive|deputy|vice|associate|"
    r"assistant|research|founding|former|managing|policy|program|adjunct|co|and|guest|honorary|emeritus)[ -]+)*"
    rf"(?:(?:fellow|scholar|researcher|research analyst)(?: and .*| (?:at|in|for|of|emeritus)\b.*|{_OFFICE})?|"
    rf"director(?: and .*fellow.*)?|"
    rf"(?:director|associate|president|professor|editor|analyst|advis[eo]r|chair){_OFFICE})"
)


def is_button(line: str) -> bool:
    """Return True for a button, a label, the name of a center or a blog: what belongs to no text."""
    known = fold(line.strip("[]()|•·* ")) if len(line) <= LONGEST else ""
    return known in _BUTTONS or known in _HOUSES or bool(_READ_ON.fullmatch(known))


def is_label(line: str) -> bool:
    """Return True for the type of an article as pages write it."""
    return fold(line) in _LABELS


def is_no_headline(line: str) -> bool:
    """Return True for a line that is shaped like a title and is none: a place, a time, a role, a contact."""
    if len(line) > LONGEST:
        return False
    known = fold(line).strip(" .")
    if known in _PLACES or fold(line) in _PLACES or is_button(line) or _is_row_of_buttons(line):
        return True
    marked = _MARKED.match(known) or _LED.match(known)
    return bool(marked or any(form.fullmatch(known) for form in (_READ_ON, _TIME, _SEASON, _NUMBERED, _ROLE)))


def _is_row_of_buttons(line: str) -> bool:
    """Return True for buttons that were run together ("Apple PodcastsSpotifyYouTube")."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "|", line.replace("YouTube", "Youtube").replace("SoundCloud", "Soundcloud"))
    names = [part.strip() for part in parts.split("|")]
    return len(names) > 1 and all(fold(name) in _BUTTONS for name in names if name)
