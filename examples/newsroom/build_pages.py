"""Write the exported pages, the URL map and the readers of the sample newsroom from ``stories/``.

    python examples/newsroom/build_pages.py

The pages have every form the publisher's CMS exports: leftovers before the metadata, two layouts, repeated and missing
teasers, boxes behind the body. The result is the same at every run.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

HERE = Path(__file__).parent
SITE = "https://meridian-institute.example"
CENTERS = {
    "Washington": ("dc", "Meridian Institute"),
    "Europe": ("europe", "Meridian Europe"),
    "Middle East": ("mec", "Meridian Middle East Center"),
    "China": ("china", "Meridian China"),
    "India": ("india", "Meridian India"),
    "Russia Eurasia": ("berlin", "Meridian Russia Eurasia Center"),
}
PROGRAMS = {
    "russia": "Russia and Eurasia",
    "MEP": "Middle East",
    "EP": "Europe",
    "DCG": "Democracy, Conflict, and Governance",
    "AP": "Asia",
    "ASP": "American Statecraft",
    "SCP": "Sustainability, Climate, and Geopolitics",
    "TIA": "Technology and International Affairs",
    "NPP": "Nuclear Policy",
}
PUBLISHERS = ("The Harbor Review", "Journal of Quiet Affairs", "Northern Lights Daily", "Radio Meridian")
LABELS = {
    "commentary": "Commentary",
    "article": "Article",
    "paper": "Paper",
    "research": "Research",
    "report": "Report",
}
PICTURES = {  # topic -> picture and what it shows
    "Trade": ("corridor.jpg", "A map of trade routes between ports"),
    "Climate": ("delta.jpg", "A river delta under a pale sun"),
    "Energy": ("energy.jpg", "A chart of two energy prices that meet"),
    "Technology": ("cables.jpg", "A map of undersea cables"),
    "Economy": ("prices.jpg", "A chart of rising and falling prices"),
    "Security": ("strait.jpg", "A strait at daybreak"),
    "Foreign Policy": ("harbor.jpg", "A calm harbor seen from the sea"),
    "Democracy": ("capital.jpg", "A capital's skyline at dusk"),
    "Elections": ("towers.jpg", "City towers in evening light"),
    "Institutions": ("ministry.jpg", "Office towers with lit windows"),
    "Reform": ("budget.jpg", "A chart of budgets over time"),
    "Migration": ("rivers.jpg", "A map of rivers and crossings"),
}
SECTIONS = {"ru": "/ru", "ar": "/ar", "zh": "/zh", "fr": "/fr", "es": "/es"}
DISCLAIMER = (
    "{0} does not take institutional positions on public policy issues; the views represented herein are those of the "
    "author(s) and do not necessarily reflect the views of {0}, its staff, or its trustees."
)


@dataclass(frozen=True)
class Story:
    """One article as it was written."""

    language: str
    title: str
    teaser: str
    opening: str
    authors: list[str]
    type: str
    codes: str
    center: str
    program: str
    regions: list[str]
    topics: list[str]
    date: str

    @property
    def luck(self) -> int:
        """A number that stays the same for the same title: it decides the form of the page."""
        return crc32(self.title.encode())


def stories() -> list[Story]:
    """Read every story of every language, in the order of the files."""
    found = []
    for file in sorted((HERE / "stories").glob("*.txt")):
        if file.stem == "background":
            continue
        lines = (line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
        found += [_story(file.stem, re.split(r"\s*\|\s*", line)) for line in lines]
    return found


def _story(language: str, cells: list[str]) -> Story:
    title, teaser, opening, authors, kind, codes, center, program, regions, topics, day = cells
    if language == "other":
        language = "es" if re.search(r"[¿ñóíá]| los | las | el ", f"{title} {teaser} {opening}") else "fr"
    split = [name.strip() for name in authors.split(";") if name.strip()]
    return Story(
        language, title, teaser, opening, split, kind, codes, center, program, _listed(regions), _listed(topics), day
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


def background(language: str) -> list[str]:
    """Return the paragraphs of a language that stand behind an opening."""
    lines = (HERE / "stories" / "background.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" | ", 1) for line in lines if " | " in line)
    return [text for tag, text in pairs if tag == language]


def page(story: Story, others: list[Story]) -> str:
    """Return the exported text of one story."""
    compact = story.luck % 3 != 0
    meta = json.dumps(metadata(story), ensure_ascii=False, indent=0 if compact else 2)
    return (_compact(story, meta, others) if compact else _airy(story, meta)) + _ending(story, others)


def metadata(story: Story) -> dict[str, object]:
    """Return the metadata object in the key order of the CMS."""
    code, center = CENTERS[story.center]
    english = story.language not in ("ru", "ar", "zh", "fr", "es")
    return {
        "authors": story.authors + (story.authors[:1] if story.luck % 11 == 0 else []),
        "type": story.type,
        "centerAffiliationAll": "dc" if code == "dc" or story.luck % 2 else code,
        "centers": list(dict.fromkeys(["Meridian Institute", center])),
        "collections": ["Ports and Power"] if "Trade" in story.topics else [],
        "englishNewsletterAll": story.codes.replace(" ", "") if english else "",
        "nonEnglishNewsletterAll": "" if english else story.codes.replace(" ", ""),
        "primaryCenter": center,
        "programAffiliation": story.program,
        "programs": [PROGRAMS[story.program]],
        "projects": [],
        "regions": story.regions,
        "topics": story.topics,
    }


def _compact(story: Story, meta: str, others: list[Story]) -> str:
    left_over = others[story.luck % len(others)]
    before = f"{left_over.teaser}\n{', '.join(left_over.authors) or 'Meridian Institute'}\n" if story.luck % 4 else ""
    credit = ("Source: Getty\n", "", "Source: Reuters\n")[story.luck % 3] if story.luck % 5 else ""
    publisher = f"Source: {_publisher(story)}\n" if story.type == "legacyinthemedia" else ""
    repeated = f"{story.teaser}\n" if story.luck % 6 == 0 else ""
    return f"{before}{meta}{credit}{story.title}\n{story.teaser}\n{publisher}{repeated}{_body(story)}\n"


def _airy(story: Story, meta: str) -> str:
    before = "• Research\n  • Politika\n  • About\nMeridian center logoMeridian lettermark logo\n  • Donate\n"
    label = "In The Media" if story.type == "legacyinthemedia" else LABELS.get(story.type, "Other")
    publisher = f"\n{_publisher(story)}\n" if story.type == "legacyinthemedia" else ""
    year, month, day = story.date.split("-")
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    glued = "".join(story.topics + story.regions)
    return (
        f"{before}{meta}\nREQUIRED IMAGE\n\nREQUIRED IMAGE\n\n{label}\n\n{story.title}\n\n{story.teaser}\n\n"
        f"Link Copied\nPublished on {months[int(month) - 1]} {int(day)}, {year}\n{publisher}\n"
        f"{_body(story)}\n\n{glued}\n\n"
    )


def _body(story: Story) -> str:
    pool = background(story.language)
    count = 2 + story.luck % max(len(pool) - 2, 1)
    start = story.luck % len(pool)
    return "\n\n".join([story.opening, *(pool[(start + at) % len(pool)] for at in range(min(count, len(pool))))])


def _publisher(story: Story) -> str:
    return PUBLISHERS[story.luck % len(PUBLISHERS)]


def _ending(story: Story, others: list[Story]) -> str:
    center = CENTERS[story.center][1]
    work = [others[(story.luck + step) % len(others)] for step in (3, 7, 12)]
    more = "\n".join(
        f"- {one.title}{LABELS.get(one.type, 'Other')}\n{one.teaser}\n{', '.join(one.authors)}" for one in work
    )
    about = ""
    if story.authors and story.luck % 2:
        recent = "\n".join(f"- {one.title}{LABELS.get(one.type, 'Other')}" for one in work[:2])
        colleague = work[0].authors[0] if work[0].authors else "A. Fellow"
        about = (
            f"About the Author\nSenior Fellow, {PROGRAMS[story.program]} Program\n"
            f"{story.authors[0]} is a senior fellow at {center}.\n{recent}\n- +18\n{colleague}, …\nRecent Work\n"
        )
    return f"{about}{DISCLAIMER.format(center)}\nMore Work from {center}\n{more}\n"


def address(story: Story) -> str:
    """Return the address a story was published at."""
    year, month, day = story.date.split("-")
    plain = unicodedata.normalize("NFKD", story.title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    slug = (
        slug
        if len(slug) > 8 and story.language not in ("ru", "ar", "zh")
        else f"{story.program.lower()}-{story.luck:08x}"
    )
    dated = f"{year}/{month}/{day}" if story.luck % 5 == 0 else f"{year}/{month}"
    return f"{SITE}{SECTIONS.get(story.language, '')}/{dated}/{slug}"


def build(target: Path = HERE) -> None:
    """Write pages/, urls.tsv, images.tsv and readers.csv below ``target``."""
    written = stories()
    pages = target / "pages"
    pages.mkdir(exist_ok=True)
    for old in pages.glob("*.txt"):
        old.unlink()
    urls, pictures = [], []
    for number, story in enumerate(written, 1):
        name = f"{story.date}-{number:03d}-{story.language}.txt"
        same = [one for one in written if one.language == story.language and one is not story]
        (pages / name).write_text(page(story, same), encoding="utf-8")
        topic = next((topic for topic in story.topics if topic in PICTURES), "")
        if topic and story.luck % 5 < 3:
            pictures.append("\t".join((name, *PICTURES[topic])))
        if number % 23:  # a few pages have no known address
            urls.append(f"{name}\t{address(story)}")
    english = [story for story in written if story.language == "en"]
    for number, story in enumerate(english[:3], 1):  # the same article under a second address
        name = f"again-{number}.txt"
        (pages / name).write_text(page(story, english[3:9]), encoding="utf-8")
        urls.append(f"{name}\t{address(story).replace(SITE, SITE + '/russia-eurasia')}?lang=en")
    (pages / "broken-cut.txt").write_text(
        '{"authors": ["Nobody"], "type": "commentary", "regions": ["Eur', encoding="utf-8"
    )
    (pages / "broken-no-metadata.txt").write_text(f"{written[5].title}\n{written[5].opening}\n", encoding="utf-8")
    untitled = json.dumps(metadata(written[8]), ensure_ascii=False)
    (pages / "broken-no-title.txt").write_text(
        f"{untitled}\n{written[8].teaser}\n\n{_body(written[8])}\n", encoding="utf-8"
    )
    (target / "urls.tsv").write_text("".join(f"{line}\n" for line in urls), encoding="utf-8")
    (target / "images.tsv").write_text("".join(f"{line}\n" for line in pictures), encoding="utf-8")
    (target / "readers.csv").write_text(readers(), encoding="utf-8")


def readers(count: int = 1000) -> str:
    """Return a CSV of readers with names in many scripts."""
    names = {
        "en": "Ada Byron,Thomas O’Hara,Grace Okafor,Noah Lindqvist,Ruth Abara",
        "fr": "Zoé Lefèvre,Benoît Garçon,Anaïs D’Amico,Loïc Le Bihan",
        "es": "Íñigo Muñoz,María José Peña,Raúl Ibáñez,Sofía Güell",
        "ru": "Анна Ковалёва,Сергей Мельник,Ольга Щукина,Юрий Ёлкин",
        "ar": "ليلى منصور,أحمد الخطيب,نور الهدى سالم,يوسف عيّاد",
        "zh": "王小明,李思雨,陈静怡,张伟",
        "hi": "आरती शर्मा,राहुल वर्मा,मीना देशपांडे",
        "ka": "ნინო ბერიძე,გიორგი მაისურაძე",
        "el": "Ελένη Παπαδάκη,Γιώργος Νικολάου",
    }
    rows = ["email,name,language"]
    pool = [(language, name) for language, listed in names.items() for name in listed.split(",")]
    for number in range(count):
        language, name = pool[number * 7 % len(pool)]
        shown = f'"{name}, PhD"' if number % 50 == 49 else name if number % 40 else ""
        domain = ("readers", "ministry", "university", "letterbox")[number % 4]
        rows.append(f"reader{number:04d}@{domain}.example,{shown},{language if number % 3 else ''}")
    return "".join(f"{row}\n" for row in rows)


if __name__ == "__main__":
    build()
