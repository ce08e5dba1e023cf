"""The metronome, in UTC: how often to ask what is due. What is due is a question to the database."""

from __future__ import annotations

from typing import Any

EXPIRES = 60  # seconds; an old wake-up is worth nothing

TIMETABLE: dict[str, dict[str, Any]] = {
    "tick": {"task": "tick", "schedule": 20.0, "options": {"expires": EXPIRES}},
    "pull": {"task": "pull", "schedule": 60.0, "options": {"expires": EXPIRES}},
    "images": {"task": "images", "schedule": 60.0, "options": {"expires": EXPIRES}},
    "letters": {"task": "letters", "schedule": 30.0, "options": {"expires": EXPIRES}},
}
