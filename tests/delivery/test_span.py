"""Spans: off they import nothing; on they carry ids and no person."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from newsletter.delivery.deliver import deliver
from newsletter.delivery.transports.memory import Memory
from tests.delivery.stage import sending_issue

pytestmark = pytest.mark.django_db(transaction=True)
WITHOUT = """
import sys
sys.modules["opentelemetry"] = None  # as where it is not installed
import django
django.setup()
from newsletter.delivery.span import span
from newsletter.errors import Unavailable
try:
    with span("freeze", issue=1):
        print("done")
except Unavailable as error:
    print(error.fix)
"""


@pytest.mark.parametrize(
    ("tracing", "told"), [("off", "done"), ("on", "Install the extra: newsletter[otel], or set it off.")]
)
def test_off_nothing_of_it_is_needed_and_on_it_is_asked_for(tracing: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env={**os.environ, "NEWSLETTER_TRACING": tracing},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == told


def test_on_every_piece_of_work_is_a_span_with_ids_alone(settings: Any) -> None:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    settings.TRACING = True
    issue = sending_issue(readers=3)
    deliver(place="t", transport=Memory())
    spans = {one.name: dict(one.attributes or {}) for one in kept.get_finished_spans()}
    assert spans["newsletter.freeze"] == {"issue": issue.pk}
    assert spans["newsletter.deliver"] == {"place": "t"}
    assert "@" not in str(spans)
