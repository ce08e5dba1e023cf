"""The verb of every worker: take what waits, of whatever issue, and hand it over for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import uuid4

from django.utils import timezone

from newsletter.delivery.control import pause
from newsletter.delivery.deliverer import Deliverer, Orders
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.safe import gate
from newsletter.delivery.transport import Transport
from newsletter.delivery.transports import current_transport
from newsletter.delivery.writer import IssueWriter, writer_of
from newsletter.errors import Conflict

log = logging.getLogger(__name__)
SLICE_SECONDS = 50.0


def deliver(
    *,
    place: str,
    seconds: float = SLICE_SECONDS,
    stopping: Callable[[], bool] = lambda: False,
    transport: Transport | None = None,
    witness: Callable[[str], None] = lambda _point: None,
) -> dict[str, int] | None:
    """Deliver for at most ``seconds`` (plus what is under way); returns deliveries by state.

    ``place`` names the worker host: it has one deliverer at a time, a second one gets None at once. Raises
    ``Unavailable`` when the database does not answer.
    """
    transport = transport or current_transport()
    owner = uuid4()
    ledger = Ledger(owner, transport.name)
    touched: set[int] = set()

    def write(issue_id: int) -> IssueWriter:
        touched.add(issue_id)
        return writer_of(issue_id)

    try:
        if not ledger.hold_place(place):
            return None
        orders = Orders(write, _pause, gate(), stopping, seconds, witness)
        counts = Deliverer(ledger, transport, orders, owner=owner).run()
    finally:
        ledger.close()
    for issue_id in touched:
        finish_if_done(issue_id, now=timezone.now())
    answer = {state.name.lower(): number for state, number in counts.items()}
    log.info("slice_ended owner=%s %s", owner, " ".join(f"{name}={n}" for name, n in sorted(answer.items())))
    return answer


def _pause(issue_id: int, words: str) -> None:
    """Pause an issue in the relay's own words; somebody may have been quicker."""
    try:
        pause(issue_id, by="system", now=timezone.now(), reason=words)
    except Conflict:
        log.info("pause_came_late issue=%s", issue_id)
