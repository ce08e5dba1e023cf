"""What goes in and out, as OpenAPI tells it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AwareDatetime

from newsletter.delivery.rewind import Waiting

Limit = Annotated[int, Field(ge=1, le=1000, description="rows of a page")]


class Trouble(Schema):
    """Why a request was not done."""

    code: str
    message: str
    where: str = ""
    fix: str = ""


class TroubleAnswer(Schema):
    """The form of every answer that is not 200."""

    error: Trouble


class ArticleShape(Schema):
    """One article; codes and names stand apart."""

    id: int
    title: str
    title_derived: bool
    teaser: str
    authors: list[str]
    byline: str
    type: str
    blog: str
    newsletters: list[str]
    center_codes: list[str]
    centers: list[str]
    primary_center: str
    program_codes: list[str]
    programs: list[str]
    projects: list[str]
    collections: list[str]
    regions: list[str]
    topics: list[str]
    language: str
    language_derived: bool
    published_at: date | None
    published_precision: str
    available_at: datetime
    url: str
    urls: list[str]
    originally_published_in: str
    image: int | None = Field(description="of the library, chosen by a person; null = the imported one")
    image_url: str
    image_credit: str
    overrides: dict[str, Any]
    weight: int
    withdrawn_at: datetime | None
    embargo_until: datetime | None
    renewed_at: datetime | None
    warnings: list[dict[str, Any]]


class ArticlePage(Schema):
    """Articles, newest first; ``next`` is the cursor of the next page."""

    articles: list[ArticleShape]
    next: str | None = None
    warnings: list[str] = Field(default_factory=list)


class Pushed(Schema):
    """What became of one pushed article."""

    key: str
    outcome: str = Field(description="new, updated, unchanged or quarantined")
    article: int | None = None
    major: bool | None = None
    fields: dict[str, Any] | None = Field(None, description="field -> {before, after, overridden}")
    reason: str | None = None
    message: str | None = None
    position: str | None = None
    withdrawn: bool | None = None
    sent_in: list[int] | None = Field(None, description="issues readers have it from already")
    embargo_until: datetime | None = None
    warnings: list[str] | None = None


class PushAnswer(Schema):
    """What became of a push, in sum and one by one in the order given."""

    new: int
    updated: int
    unchanged: int
    quarantined: int
    articles: list[Pushed]


class ClauseShape(Schema):
    """One clause held against one article; ``not`` belongs to it."""

    clause: str
    seen: list[str]
    passed: bool
    spared: bool = Field(description="it failed, but an alternative to it holds")
    overridden: bool
    words: str


class SectionExplained(Schema):
    section: str
    verdict: bool
    excluder: str
    nearest_miss: str
    clauses: list[ClauseShape]


class Explained(Schema):
    """Why an article is in or out of the next issue of a newsletter."""

    newsletter: str
    slot: datetime | None
    article: int
    title: str
    verdict: str = Field(description="in or out")
    section: str
    reason: str
    words: str
    nearest_miss: str
    clauses: list[ClauseShape]
    sections: list[SectionExplained]


class SelectorIn(Schema):
    expression: str = Field(examples=["newsletter:ctw and not type:pressRelease and age < 7d"])
    at: AwareDatetime | None = Field(None, description="the instant ages are measured against, default now")


class SelectIn(SelectorIn):
    limit: int = Field(50, ge=1, le=1000)
    after: str = ""


class OddPlace(Schema):
    start: int
    end: int
    message: str


class SelectorChecked(Schema):
    """A selector in its one form, how many articles it chooses, and what is odd in it."""

    selector: str
    articles: int
    more: bool = Field(description="there are more than 1,000")
    warnings: list[OddPlace]


class Offer(Schema):
    """Put ``insert`` in place of text[start:end]."""

    start: int
    end: int
    insert: str
    kind: str
    words: str
    count: int


class Offers(Schema):
    completions: list[Offer]


class NewsletterRow(Schema):
    code: str
    title: str
    language: str
    active: bool


class NewsletterList(Schema):
    newsletters: list[NewsletterRow]


class NewsletterShape(NewsletterRow):
    definition: str = Field(description="the TOML file that `newsletter load` takes")


class BackTestIn(Schema):
    """The section to change; what is not given stays as it is."""

    section: str = ""
    selector: str = ""
    limit: int | None = Field(None, ge=1, le=200)
    minimum: int | None = Field(None, ge=0, le=200)
    order: str = ""
    quota: dict[str, int] | None = None
    slots: int = Field(26, ge=1, le=520)
    at: AwareDatetime | None = None


class BackTested(Schema):
    """How past issues would differ."""

    newsletter: str
    section: str
    before: dict[str, Any]
    after: dict[str, Any]
    summary: dict[str, int]
    slots: list[dict[str, Any]]
    balance: dict[str, list[dict[str, Any]]]
    warnings: list[str]


class IssueRow(Schema):
    issue: int
    newsletter: str
    state: str
    slot: datetime | None
    picks: int


class IssueList(Schema):
    issues: list[IssueRow]
    next: str | None = None


class VariantRow(Schema):
    """A variant of an issue: who gets it, and how many readers that were when it was planned."""

    variant: str
    words: str
    readers: int
    errors: int = Field(description="what the proofreader found in it that blocks the approval")


class VariantShape(VariantRow):
    """A variant as it would go out, with dead personal links."""

    issue: int
    subject: str
    preheader: str
    html: str
    text: str
    findings: list[dict[str, Any]]


class ShowToIn(Schema):
    """A group of readers, and the block they alone shall see: an article, else a section, else the note."""

    group: str = Field(examples=["plan:paid and not language:fr"], description="empty: everybody")
    article: int | None = Field(None, ge=1, lt=2**63)
    section: str = Field("", description="title or number")
    version: int | None = Field(None, description="refuse when the issue was changed since")


class IssueShape(Schema):
    """An issue with its picks by section, each with its reason, and the candidates left out."""

    issue: int
    newsletter: str
    state: str
    version: int
    kind: str
    corrects: int | None = Field(None, description="the issue whose readers this correction is for")
    corrected_article: int | None = None
    slot: datetime | None
    window_from: datetime | None
    window_to: datetime
    held: str
    shortfalls: list[dict[str, Any]]
    note_group: str = Field(description="who sees the editor's note; empty: everybody")
    sections: list[dict[str, Any]]
    variants: list[VariantRow]
    left_out: list[dict[str, Any]]


class ImageShape(Schema):
    """An image; ``files`` is by place (wide, thumb) and sharpness (1x, 2x)."""

    image: int
    title: str
    alt: str
    credit: str
    width: int
    height: int
    crop: list[float] = Field(description="left, top, right, bottom as fractions; empty = all of it")
    focus: list[float] = Field(description="x, y as fractions; empty = the middle")
    came_from: str
    notes: list[str]
    by: str
    created_at: datetime
    files: dict[str, dict[str, dict[str, Any]]]


class ImageList(Schema):
    images: list[ImageShape]
    next: str | None = None


class ImageIn(Schema):
    """What to change; what is not given stays as it is."""

    title: str | None = None
    alt: str | None = None
    credit: str | None = None
    crop: list[float] | None = None
    focus: list[float] | None = None


class Deleted(Schema):
    image: int
    deleted: bool


class ArticleImage(Schema):
    """The image of the library that an article shows, null = the imported one."""

    article: int
    image: int | None


class VariantRebuilt(Schema):
    variant: str
    same: bool
    content_hash: str
    differs: list[str]


class RebuildShape(Schema):
    """An approved issue made again from its lock; ``changed_since`` is by kind: libraries, templates, rows, site."""

    issue: int
    seal: str
    lock: str
    approved_at: datetime
    in_force: bool
    same: bool
    faults: list[str]
    variants: list[VariantRebuilt]
    changed_since: dict[str, list[str]]


class VerdictShape(Schema):
    """What a mail is proven to be a copy of, or why it is not."""

    verified: bool
    issue: int | None
    newsletter: str
    slot: datetime | None
    variant: str
    seal: str
    seal_ok: bool
    approved_at: datetime | None
    approved_by: list[str]
    in_force: bool
    copy_of: str = Field(alias="copy", description="delivery, preview or proof")
    delivery: int | None
    differs: list[str]
    notes: list[str]


class FindingShape(Schema):
    variants: list[str] = Field(description="the variants that show it, by number")
    rule: str
    level: str = Field(description="E keeps the issue from being approved, W warns, I informs")
    place: str
    fix: str


class OverrideShape(Schema):
    rule: str
    by: str
    because: str


class Proofread(Schema):
    """What the proofreader finds in an issue, and what keeps it from being approved."""

    issue: int
    newsletter: str
    state: str
    version: int
    blocking: list[str] = Field(description="rules with errors that nobody overruled")
    overridable: list[str] = Field(description="rules that the newsletter lets a person overrule")
    overrides: list[OverrideShape]
    findings: list[FindingShape]


class ApproveIn(Schema):
    """The version that was looked at; rules to overrule, each with the reason, and the person who does."""

    version: int = Field(ge=1, le=2**31 - 1)
    overrides: dict[str, str] = Field(default_factory=dict, examples=[{"contrast": "The quotation is a picture."}])
    person: str = Field("", max_length=150, description="who overrules; needed for overrides")


class Approved(Schema):
    issue: int
    newsletter: str
    state: str


class OddRow(Schema):
    """Something odd in an article, and what would set it right."""

    article: int
    title: str
    code: str
    field: str
    value: str
    words: str
    suggestion: str
    proposal: list[str] | None


class OddList(Schema):
    odd: list[OddRow]
    next: str | None = None


class Covered(Schema):
    """What the newsletters cover in a period, and what they leave."""

    since: datetime
    until: datetime
    articles: int
    picked: int
    unpicked: list[dict[str, Any]]
    next: str | None
    empty_sections: list[dict[str, Any]]
    dead_selectors: list[dict[str, Any]]
    balance: dict[str, dict[str, list[dict[str, Any]]]]


class FixIn(Schema):
    """What sets a record right: its address, its title, or its whole text corrected."""

    url: str = ""
    title: str = ""
    text: str = ""


class Fixed(Schema):
    """What became of a record that was read again."""

    new: int
    updated: int
    unchanged: int
    quarantined: list[dict[str, Any]]


class QuarantineRow(Schema):
    id: int
    source: str
    key: str
    reason: str
    message: str
    position: str
    url: str
    first_seen_at: datetime
    seen_at: datetime
    field: str = Field(description="what is wrong")
    value: str = Field(description="what stands there")
    fix: str = Field(description="what sets it right")


class QuarantineList(Schema):
    records: list[QuarantineRow]
    next: str | None = None


class Line(Schema):
    """A line of a refused text; ``here`` is the place that was refused."""

    line: int
    text: str
    here: bool


class RefusedShape(QuarantineRow):
    """One refused record with its text."""

    form: str
    text: str
    lines: list[Line]


class DiscardIn(Schema):
    reason: str = Field(max_length=500)


class Discarded(Schema):
    id: int
    discarded_at: datetime
    discarded_by: str


class OddCounts(Schema):
    counts: dict[str, int] = Field(description="code -> how many")
    whole: bool = Field(description="false: codes the database cannot decide are counted in the newest 2,000 only")


class SetIn(Schema):
    """The field and its whole new value; a text takes one."""

    field: str
    values: list[str]


class SetDone(SetIn):
    article: int


class SettleIn(Schema):
    """The code and the value of the oddity, as the doctor tells them."""

    code: str
    value: str = ""


class SettleDone(SettleIn):
    article: int


class WaitingIssue(Schema):
    issue: int
    newsletter: str
    state: str


class StandingShape(Schema):
    """Whether sending is held, and the issues that would go out on a confirmation."""

    held: bool
    since: datetime | None = None
    confirmed_by: str
    waiting: list[WaitingIssue]


class ConfirmIn(Schema):
    waiting: Waiting = Field(description="send what waits, or doubt: put it in doubt because some may have been sent")


class Confirmed(Schema):
    in_doubt: int


class ActIn(Schema):
    """What is to be done to an issue; the fields beside ``act`` belong to one act each."""

    act: Literal["send", "pull_back", "pause", "resume", "cancel", "resend", "extend", "correct"]
    cool_off: str = Field("", description="send: wait so long, as in 10m", examples=["10m"])
    expires: str = Field("", description="send: what still waits then is not sent any more", examples=["24h"])
    spread: str = Field("", description="send: let it go out over this long", examples=["30m"])
    version: int | None = Field(None, description="send: the version that was looked at")
    reason: str = Field("", max_length=300, description="pause: shown to everybody who looks")
    article: int | None = Field(None, ge=1, lt=2**63, description="correct: only who got this article")


class ActDone(Schema):
    issue: int
    newsletter: str
    state: str
    deliveries: int | None = Field(None, description="resend, extend: how many copies more will go out")
    correction: int | None = Field(None, description="correct: the number of the correction")


class RelayShape(Schema):
    """A relay, how it stands, and what it may take and took today (UTC)."""

    code: str
    transport: str
    address: str
    login: bool = Field(description="whether it has name and password in the environment")
    state: str = Field(description="ready, aside, full (for today) or off")
    priority: int
    weight: int
    rate: str
    connections: int
    per_connection: int
    cap_today: int | None
    used_today: int | None
    words: str = Field(description="why it is set aside")
    since: datetime | None
    next_try_at: datetime | None


class PaceShape(Schema):
    """A recipient domain that is limited or slowed down."""

    domain: str
    rate: str
    slowed_to: float | None = Field(None, description="messages a second it gets now")
    since: datetime | None = None
    words: str = Field("", description="what its relays said")


class RelayList(Schema):
    relays: list[RelayShape]
    pace: list[PaceShape]


class StatusShape(Schema):
    """Where a sending stands."""

    issue: int
    state: str
    counts: dict[str, int]
    excluded: dict[str, int]
    rate: float | None = Field(description="accepted a second")
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    elapsed_seconds: float
    pause_reason: str = Field(description="a person's words, or the relay's own")
    spread_seconds: float | None = Field(description="the window it goes out over")
    resting: int = Field(description="chunks of which nothing may go for a while")
    relays: list[RelayShape]
    pace: list[PaceShape]


class DeliveryRow(Schema):
    """One issue to one reader; ``reply`` is the relay's last word, in its own words."""

    address: str
    variant: str = Field(description="which rendering it is, by number")
    state: str
    reason: str
    attempts: int
    code: int | None
    reply: str
    message_id: str


class DeliveryList(Schema):
    deliveries: list[DeliveryRow]
    next: str | None = None


class LetterRow(Schema):
    """A mail that is not an issue; ``reply`` is the relay's last word, in its own words."""

    letter: int
    kind: str = Field(description="confirmation, proof, ...")
    address: str
    state: str
    attempts: int
    reply: str
    written_at: datetime
    finished_at: datetime | None


class LetterList(Schema):
    letters: list[LetterRow]
    next: str | None = None


class HistoryRow(Schema):
    at: datetime
    by: str
    act: str
    detail: dict[str, Any]


class HistoryList(Schema):
    history: list[HistoryRow]
    next: str | None = None
