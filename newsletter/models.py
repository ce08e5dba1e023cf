"""Every table, gathered for Django. Rooms own their models; import them from the room."""

from newsletter.access.models import KeyedAnswer, KeyMark, Token
from newsletter.articles.models import Article, ArticleBody
from newsletter.catalogue.models import Author, BannedPhrase, Brand, Newsletter, Section, Sender, Template
from newsletter.delivery.models import Attempt, Chunk, Delivery, Epoch, RefusalRun, Sending
from newsletter.delivery.relays.models import Bucket, DomainPace, RelayBreak, RelayTrouble, SlowedDomain, StandingRelay
from newsletter.handover.models import Handover
from newsletter.images.models import FolderMark, Image
from newsletter.ingest.models import FetchedImage, QuarantinedRecord, Record, Settled, Source, Supplement
from newsletter.issues.models import (
    Approval,
    FindingOverride,
    HistoryEntry,
    Issue,
    IssueLock,
    IssueRendering,
    LeftOut,
    LockedFile,
    Pick,
)
from newsletter.letters.models import Letter
from newsletter.readers.models import Consent, Reader, Subscription, Suppression

__all__ = [
    "Approval",
    "Article",
    "ArticleBody",
    "Attempt",
    "Author",
    "BannedPhrase",
    "Brand",
    "Bucket",
    "Chunk",
    "Consent",
    "Delivery",
    "DomainPace",
    "Epoch",
    "FetchedImage",
    "FindingOverride",
    "FolderMark",
    "Handover",
    "HistoryEntry",
    "Image",
    "Issue",
    "IssueLock",
    "IssueRendering",
    "KeyMark",
    "KeyedAnswer",
    "LeftOut",
    "Letter",
    "LockedFile",
    "Newsletter",
    "Pick",
    "QuarantinedRecord",
    "Reader",
    "Record",
    "RefusalRun",
    "RelayBreak",
    "RelayTrouble",
    "Section",
    "Sender",
    "Sending",
    "Settled",
    "SlowedDomain",
    "Source",
    "StandingRelay",
    "Subscription",
    "Supplement",
    "Suppression",
    "Template",
    "Token",
]
