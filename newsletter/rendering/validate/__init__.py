"""Is this MJML right? Line, column, tag and fix for everything that is not; no Django, no network, no compiler."""

from __future__ import annotations

from newsletter.rendering.validate.document import DEEPEST, LARGEST_SOURCE, validate
from newsletter.rendering.validate.problem import Problem

__all__ = ["DEEPEST", "LARGEST_SOURCE", "Problem", "validate"]
