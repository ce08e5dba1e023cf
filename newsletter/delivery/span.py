"""Spans of OpenTelemetry, where an operator has switched them on; off, nothing of it is imported.

Attributes are ids and counts. Where the spans go is told by OpenTelemetry's own variables
(``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings

from newsletter.errors import Unavailable


@contextmanager
def span(name: str, **ids: int | str) -> Iterator[None]:
    """Trace the block as ``newsletter.NAME``; raises ``Unavailable`` when tracing is on and its extra is missing."""
    if not settings.TRACING:
        yield
        return
    with _tracer().start_as_current_span(f"newsletter.{name}", attributes=ids):
        yield


@cache
def _tracer() -> Any:
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        raise Unavailable(
            "NEWSLETTER_TRACING is on, and OpenTelemetry is not installed.",
            where="NEWSLETTER_TRACING",
            fix="Install the extra: newsletter[otel], or set it off.",
        ) from None
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(_provider())
    return trace.get_tracer("newsletter")


def _provider() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found,unused-ignore]  # of the extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
