"""Every table, gathered for Django. Rooms own their models; import them from the room."""

from newsletter.articles.models import Article, ArticleBody
from newsletter.catalogue.models import Brand, Newsletter, Section, Sender
from newsletter.issues.models import Approval, HistoryEntry, Issue, IssueRendering, LeftOut, Pick
from newsletter.letters.models import Letter
from newsletter.readers.models import Consent, Reader, Subscription, Suppression

__all__ = [
    "Approval",
    "Article",
    "ArticleBody",
    "Brand",
    "Consent",
    "HistoryEntry",
    "Issue",
    "IssueRendering",
    "LeftOut",
    "Letter",
    "Newsletter",
    "Pick",
    "Reader",
    "Section",
    "Sender",
    "Subscription",
    "Suppression",
]
