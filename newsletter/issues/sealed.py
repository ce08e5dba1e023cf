"""An issue with what every copy takes from outside the renderings: newsletter and sender, as they were approved."""

from __future__ import annotations

from newsletter.issues.lock import kept
from newsletter.issues.material import unpack
from newsletter.issues.models import Issue, IssueLock


def as_sealed(issue: Issue) -> Issue:
    """Return the issue with the newsletter and the sender that its approval keeps; as it is where nobody approved it.

    What is renamed while an issue goes out shows in the next one: all copies are alike. Only the relay that the sender
    names is the present one, for that is no content. Raises ``Invalid`` (damaged) when the lock is not whole.
    """
    lock = IssueLock.objects.filter(issue=issue, seal=issue.seal).first() if issue.seal else None
    if lock is None:
        return issue
    texts, relay = kept(lock.manifest["inputs"]), issue.newsletter.sender.relay
    issue.newsletter = unpack(text.decode() for text in texts.values()).issue.newsletter
    issue.newsletter.sender.relay = relay
    return issue
