"""Why a request was not done, as OpenAPI tells it; and what every list asks."""

from __future__ import annotations

from typing import Annotated

from ninja import Field, Schema

Limit = Annotated[int, Field(ge=1, le=1000, description="rows of a page")]


class Trouble(Schema):
    """Why a request was not done."""

    code: str
    message: str
    where: str = ""
    fix: str = ""


class TroubleAnswer(Schema):
    """The form of every answer that is not 200."""

    error: Trouble
