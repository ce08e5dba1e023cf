"""The rig of every test: real embedded PostgreSQL and Valkey in a home of their own."""

from __future__ import annotations

import atexit
import os
import tempfile

os.environ["NEWSLETTER_ENV"] = "test"
_first = "NEWSLETTER_TEST_HOME" not in os.environ
if _first:  # the controller (or a run without xdist) owns the home; its workers inherit the address
    os.environ["NEWSLETTER_TEST_HOME"] = tempfile.mkdtemp(prefix="newsletter-test-")
os.environ["NEWSLETTER_HOME"] = os.environ["NEWSLETTER_TEST_HOME"]

from newsletter import embedded  # noqa: E402

embedded.ensure()
os.environ["DJANGO_SETTINGS_MODULE"] = (
    "newsletter.settings"  # not in pyproject: settings are read after the parts stand
)

import django  # noqa: E402
from hypothesis import settings  # noqa: E402

django.setup()
settings.register_profile("house", deadline=None)  # a busy machine is no fault of an example
settings.load_profile("house")


pytest_plugins = ["tests.handover.stage"]


def _stop() -> None:
    os.environ["NEWSLETTER_HOME"] = os.environ["NEWSLETTER_TEST_HOME"]
    embedded.wipe()


if _first:
    atexit.register(_stop)
