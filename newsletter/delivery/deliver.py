"""The verb of every worker: take what waits, of whatever issue, and hand it over for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import uuid4

from newsletter.delivery.control import pause
from newsletter.delivery.database_away import asking_the_database
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.deliverer import Deliverer
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.orders import Orders
from newsletter.delivery.pace.deal import Deal
from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.pace.purse import Purse
from newsletter.delivery.pace.spread import spread_limit
from newsletter.delivery.pace.turnstile import Turnstile
from newsletter.delivery.relays.outlet import DEFAULT, Outlet, current_outlets
from newsletter.delivery.safe import gate
from newsletter.delivery.span import span
from newsletter.delivery.transport import Transport
from newsletter.delivery.transports.anymail import Anymail
from newsletter.delivery.work import Terms, Writer
from newsletter.delivery.writer import IssueWriter, writer_of
from newsletter.delivery.written import KnowingWriter, unsigned
from newsletter.errors import Conflict, Invalid
from newsletter.log_lines import masked

log = logging.getLogger(__name__)
SLICE_SECONDS = 50.0


@asking_the_database()
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
    outlets = [Outlet(DEFAULT, transport)] if transport else current_outlets(day=database_now().date())
    owner, notices, turnstile = uuid4(), Notices(), Turnstile(outlets, lambda: Purse(Deal()))
    ledger = Ledger(owner, outlets[0].transport.name)
    written: dict[int, Terms] = {}

    providers = sum(isinstance(outlet.transport, Anymail) for outlet in outlets)

    def write(issue_id: int) -> Writer:
        writer = writer_of(issue_id)
        written[issue_id] = _terms(issue_id, writer, turnstile)
        if not providers:
            return writer
        return KnowingWriter(unsigned(writer) if providers == len(outlets) else writer)

    try:
        if not ledger.hold_place(place):
            return None
        _set_aside(turnstile, notices)
        orders = Orders(write, _pause, gate(), stopping, seconds, written.__getitem__, witness)
        with span("deliver", place=place):
            counts = Deliverer(ledger, turnstile, notices, orders, owner=owner).run()
    finally:
        ledger.close()
    for issue_id in written:
        finish_if_done(issue_id, now=database_now())
    answer = {state.name.lower(): number for state, number in counts.items()}
    log.info("slice_ended owner=%s %s", owner, " ".join(f"{name}={n}" for name, n in sorted(answer.items())))
    return answer


def _terms(issue_id: int, writer: IssueWriter, turnstile: Turnstile) -> Terms:
    """Return how an issue goes out; raises ``Invalid`` when its sender names a relay that is not there."""
    relay = writer.sender.relay if DEFAULT not in turnstile.ways else ""
    if relay and relay not in turnstile.ways:
        raise Invalid(f"There is no relay {relay!r}.", where="sender.relay", fix="See `newsletter relays`.")
    if not relay and not any(way.outlet.weight for way in turnstile.ways.values()):
        raise Invalid("No relay takes mail whose sender names none.", where="relay", fix="Give one a weight above 0.")
    return Terms(relay, spread_limit(issue_id))


def _set_aside(turnstile: Turnstile, notices: Notices) -> None:
    """Begin with what others found out: a relay that is away is not tried by everybody."""
    alone = len(turnstile.ways) == 1
    for code, seconds in notices.away().items():
        if code in turnstile.ways:
            turnstile.suspect(turnstile.ways[code], seconds=0 if alone else seconds)


def _pause(issue_id: int, words: str, reply: str) -> None:
    """Pause an issue in the relay's own words; somebody may have been quicker.

    Relays repeat whom they speak of; whoever may see an issue need not see readers.
    """
    try:
        pause(issue_id, by="system", now=database_now(), reason=masked(words), reply=reply)
    except Conflict:
        log.info("pause_came_late issue=%s", issue_id)
