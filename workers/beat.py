"""The metronome, in UTC: how often to ask what is due. What is due is a question to the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from celery.schedules import schedule

EXPIRES = 60  # seconds; an old wake-up is worth nothing
WRONG_CLOCK = 4 * 3600  # seconds; whoever takes a beat compares its time with a clock that may be hours off


class Pulse(schedule):  # type: ignore[misc]  # celery has no types
    """Every so many seconds, also after a clock that was ahead was set right: nothing waits for its old hour."""

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        left: timedelta = super().remaining_estimate(last_run_at)
        return left if left <= self.run_every else timedelta(0)


TIMETABLE: dict[str, dict[str, Any]] = {
    "tick": {"task": "tick", "schedule": Pulse(20.0), "options": {"expires": WRONG_CLOCK}},
    "pull": {"task": "pull", "schedule": Pulse(60.0), "options": {"expires": WRONG_CLOCK}},
    "images": {"task": "images", "schedule": Pulse(60.0), "options": {"expires": WRONG_CLOCK}},
    "letters": {"task": "letters", "schedule": Pulse(30.0), "options": {"expires": WRONG_CLOCK}},
}
