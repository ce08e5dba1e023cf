"""The whole way of a span: a process of ours that traces, the exporter, a receiver that speaks OTLP over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """An endpoint that keeps what is posted to /v1/traces."""
    bodies: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _deliver(endpoint: str, port: int) -> subprocess.CompletedProcess[str]:
    told = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "NEWSLETTER_SAFE_LIST": "*",
        "NEWSLETTER_TRACING": "on",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
        "OTEL_SERVICE_NAME": "the newsroom",
        "PYTHONWARNINGS": "default",
    }
    command = [sys.executable, "-m", "workers.child", "deliver"]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=120)


def test_spans_arrive_with_ids_and_without_a_person(tmp_path: Path) -> None:
    sending_issue(readers=20)
    with receiver() as (endpoint, bodies), sink(tmp_path) as relay:
        done = _deliver(endpoint, relay.port)
        assert (done.returncode, len(relay.accepted())) == (0, 20), done.stderr
    asked = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    resources = [one for request in asked for one in request.resource_spans]
    spans = [span for one in resources for scope in one.scope_spans for span in scope.spans]
    services = {
        attribute.value.string_value
        for one in resources
        for attribute in one.resource.attributes
        if attribute.key == "service.name"
    }
    assert ([span.name for span in spans], services) == (["newsletter.deliver"], {"the newsroom"})
    assert [attribute.key for attribute in spans[0].attributes] == ["place"]
    assert spans[0].end_time_unix_nano > spans[0].start_time_unix_nano
    assert b"readers.example" not in b"".join(bodies)


def test_a_receiver_that_is_away_stops_no_mail(tmp_path: Path) -> None:
    sending_issue(readers=20)
    with sink(tmp_path) as relay:
        done = _deliver("http://127.0.0.1:1", relay.port)
        assert (done.returncode, len(relay.accepted())) == (0, 20), done.stderr
