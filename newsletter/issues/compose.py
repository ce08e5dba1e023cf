"""An issue as the digest its template receives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name

from newsletter.articles.models import Article
from newsletter.catalogue.authors import compared
from newsletter.catalogue.models import Author as AuthorRow
from newsletter.catalogue.models import Brand as BrandRow
from newsletter.catalogue.models import Newsletter
from newsletter.ingest.models import FetchedImage
from newsletter.issues.blocks import seen, sees_note
from newsletter.issues.disclaimers import disclaimers
from newsletter.issues.material import WHOLE, Material, gather
from newsletter.issues.models import Issue, Pick
from newsletter.issues.picture import picture_of
from newsletter.rendering.byline import Author, Rules, byline, locale, sign, spoken
from newsletter.rendering.digest import Brand, Digest, Event, Item, Piece, Section
from newsletter.rendering.render import SLOTTED
from newsletter.rendering.teaser import fit
from newsletter.rendering.words import base, direction, label

NOTHING: Mapping[int, str] = MappingProxyType({})
LONGEST_SUBJECT = 70
LONGEST_BODY = 3500  # characters of it; the rest is a click away


def digest_of(issue: Issue) -> Digest:
    """Return what stands in the issue now, with the words of its editors; empty sections are left out."""
    return compose(gather(issue))


def compose(material: Material, *, groups: Collection[str] = (), also: Mapping[int, str] = NOTHING) -> Digest:
    """Return the digest of what was gathered, as readers of ``groups`` see it; the database is not asked.

    ``also`` maps an article to the newsletter that had it as well.
    """
    issue = material.issue
    picks = list(seen(issue, material.picks, groups))
    newsletter = issue.newsletter
    first_pick = picks[0] if picks else None
    sections = tuple(
        Section(
            str(part["title"]),
            tuple(_item(material, pick, first_pick, also) for pick in picks if pick.section == index),
        )
        for index, part in enumerate(issue.sections)
    )
    brand = next((row for row in material.brands if row.code == newsletter.brand), None)
    first = item_of(issue, picks[0]).headline if picks else ""
    return Digest(
        newsletter=newsletter.code,
        title=newsletter.title,
        language=newsletter.language,
        direction=direction(newsletter.language),
        date=_date(issue.slot or issue.created_at, newsletter.zone, newsletter.language),
        subject=issue.subject or _subject(newsletter.title, first),
        preheader=issue.preheader or _preheader(issue, picks),
        sections=tuple(section for section in sections if section.items),
        brand=_brand(brand),
        sender=newsletter.sender.name,
        postal_address=(brand.design.get("postal_address") if brand else "") or newsletter.sender.postal_address,
        note=issue.note if sees_note(issue, groups) else "",
        disclaimers=disclaimers(material, picks),
        written=tuple(name for name in SLOTTED if getattr(issue, name)),
    )


def _item(material: Material, pick: Pick, first: Pick | None, also: Mapping[int, str]) -> Item:
    issue = material.issue
    item = item_of(issue, pick, authors=material.authors, fetched=material.fetched)
    if pick.article_id in also:
        item = replace(item, also_in=also[pick.article_id])
    whole = pick is first and (material.template or issue.newsletter.template in WHOLE)
    return replace(item, body=_body(material.bodies.get(pick.article_id, ""), item.language)) if whole else item


def _body(text: str, language: str) -> tuple[str, ...]:
    """Return the first paragraphs, as many as fit, at least one."""
    paragraphs = [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]
    room = LONGEST_BODY
    kept: list[str] = []
    for paragraph in paragraphs:
        room -= len(paragraph)
        if room < 0 and kept:
            break
        kept.append(fit(paragraph, longest=LONGEST_BODY, language=language))
    return tuple(kept)


def item_of(
    issue: Issue,
    pick: Pick,
    *,
    authors: Sequence[AuthorRow] = (),
    fetched: Mapping[str, FetchedImage] | None = None,
) -> Item:
    """Return one pick as readers see it: overrides first, the teaser fitted, signed as the newsletter signs."""
    article, words = pick.article, pick.overrides
    language = article.language or issue.newsletter.language
    signed = _signed(article, issue.newsletter, language=language, authors=authors)
    return Item(
        article_id=article.pk,
        headline=words.get("headline") or article.title,
        teaser=words.get("teaser") or fit(article.teaser, language=language),
        byline=spoken(signed),
        url=article.url,
        label=label(article.type, issue.newsletter.language),
        link_text=words.get("link_text", ""),
        image=picture_of(article, fetched or {}, alt=words.get("image_alt", "")),
        published_in=article.originally_published_in,
        language=language,
        direction=direction(language),
        quote=words.get("quote", ""),
        quoted=words.get("quoted", ""),
        event=_event(issue, words),
        signed=signed if any(piece.url for piece in signed) else (),
    )


def _signed(
    article: Article, newsletter: Newsletter, *, language: str, authors: Sequence[AuthorRow]
) -> tuple[Piece, ...]:
    rules = Rules(**newsletter.byline)
    known = {author.folded: author for author in authors}
    institution = {"center": article.primary_center, "newsletter": newsletter.sender.name}.get(rules.institution, "")
    named = [_author(name, known.get(compared(name)), language) for name in article.authors]
    return sign(named, language=language, institution=institution, rules=rules)


def _author(name: str, row: AuthorRow | None, language: str) -> Author:
    if row is None:
        return Author(name)
    told = row.affiliation
    return Author(name, row.page, told.get(language) or told.get(base(language)) or told.get("en", ""))


def byline_of(article: Article, *, language: str = "") -> str:
    """Return the authors' line of an article in ``language`` (default its own)."""
    return byline(article.authors, language=language or article.language or "en", institution=article.primary_center)


def _event(issue: Issue, words: dict[str, str]) -> Event | None:
    """Return when and where, in the newsletter's zone and language; an event needs a time to be one."""
    if not words.get("event_starts"):
        return None
    zone, place = ZoneInfo(issue.newsletter.zone), locale(issue.newsletter.language)
    starts = datetime.fromisoformat(words["event_starts"]).astimezone(zone)
    ends = datetime.fromisoformat(words["event_ends"]).astimezone(zone) if words.get("event_ends") else None
    clock = format_time(starts, "short", tzinfo=zone, locale=place)
    if ends and ends.date() == starts.date():
        clock += f" – {format_time(ends, 'short', tzinfo=zone, locale=place)}"
    when = f"{format_date(starts.date(), 'full', locale=place)} · {clock}"
    return Event(
        when=f"{when} {get_timezone_name(starts, 'short', locale=place)}",
        place=words.get("event_place", ""),
        starts=starts.isoformat(),
        ends=ends.isoformat() if ends else "",
    )


def _subject(title: str, headline: str) -> str:
    whole = f"{title}: {headline}" if headline else title
    return whole if len(whole) <= LONGEST_SUBJECT else fit(whole, longest=LONGEST_SUBJECT)


def _preheader(issue: Issue, picks: list[Pick]) -> str:
    """Return what inboxes show beside the subject: the headlines behind the first one, else its teaser."""
    others = [item_of(issue, pick).headline for pick in picks[1:4]]
    if others:
        return fit(" · ".join(others), longest=130)
    return fit(picks[0].article.teaser, longest=130) if picks else ""


def _date(at: datetime, zone: str, language: str) -> str:
    return format_date(at.astimezone(ZoneInfo(zone)).date(), format="full", locale=locale(language))


def _brand(row: BrandRow | None) -> Brand:
    if row is None:
        return Brand()
    known = Brand.__dataclass_fields__.keys()
    return Brand(**{name: value for name, value in row.design.items() if name in known})
