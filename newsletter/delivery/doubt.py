"""What was in doubt once is never called not sent: its reader may have a copy, whatever becomes of the next try."""

from __future__ import annotations

from newsletter.delivery.models import DeliveryState

# Asked of those alone that were tried, and as a value, so that no plan reads all attempts to answer for a few rows.
_ONCE = f"""d.attempts > 0 AND (SELECT 1 FROM newsletter_attempt once
    WHERE once.delivery_id = d.id AND once.outcome = {DeliveryState.IN_DOUBT} LIMIT 1) IS NOT NULL"""


def unless_in_doubt(state: DeliveryState) -> str:
    """Return the SQL of the state in which a delivery ``d`` ends that does not go out: ``state``, or in doubt."""
    return f"CASE WHEN {_ONCE} THEN {DeliveryState.IN_DOUBT} ELSE {state} END"
