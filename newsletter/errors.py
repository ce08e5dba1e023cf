"""Errors as facts in the domain's words, split by what the caller can do about them."""

from __future__ import annotations


class NewsletterError(Exception):
    """The root of every error this program raises on purpose.

    ``code`` is stable and meant for programs, ``message`` says what is wrong, ``where`` names the place
    (a file and line, a setting, an option) and ``fix`` what the reader can do.
    """

    code = "error"

    def __init__(self, message: str, *, code: str = "", where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.where = where
        self.fix = fix

    def as_dict(self) -> dict[str, str]:
        """Return the form every door answers with: code, message, where, fix."""
        return {"code": self.code, "message": self.message, "where": self.where, "fix": self.fix}


class Refused(NewsletterError):
    """The request was understood and will not be done; the same request will be refused again."""

    code = "refused"


class Conflict(Refused):
    """Somebody else moved first; look at the present state and decide again."""

    code = "conflict"


class NotFound(Refused):
    """There is no such thing."""

    code = "not_found"


class Invalid(Refused):
    """The input cannot be understood; ``where`` and ``fix`` say what to correct."""

    code = "invalid"


class Unavailable(NewsletterError):
    """A part we depend on does not answer; trying later is safe."""

    code = "unavailable"


class OutcomeUnknown(NewsletterError):
    """The other side may or may not have done it; nobody can know, so it is never retried blindly."""

    code = "outcome_unknown"
