"""No library posts a mail a second time by itself: boto is told so, and django-anymail's other backends do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

import pytest
from anymail import backends
from anymail.backends.base_requests import AnymailRequestsBackend

from newsletter.delivery.provider.post_once import post_once

BY_BOTO, SENDS_NOTHING, OLD_NAME = "amazon_ses", {"test", "console", "base", "base_requests"}, "sendinblue"
BY_REQUESTS = sorted({one.name for one in iter_modules(backends.__path__)} - SENDS_NOTHING - {BY_BOTO, OLD_NAME})


def start(tmp_path: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own; it prints what django-anymail is told."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER")}
    environment |= {"NEWSLETTER_HOME": str(tmp_path), "NEWSLETTER_ANYMAIL_PROVIDER": "amazon_ses", **given}
    code = "import json; from newsletter import settings; print(json.dumps(settings.ANYMAIL))"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def told(tmp_path: Path, **given: str) -> dict[str, Any]:
    done: dict[str, Any] = json.loads(start(tmp_path, **given).stdout)["AMAZON_SES_CLIENT_PARAMS"]
    return done


def test_boto_is_told_to_post_once_and_for_how_long(tmp_path: Path) -> None:
    config = told(tmp_path, NEWSLETTER_ANYMAIL_REQUESTS_TIMEOUT="7")["config"]
    assert config == {"connect_timeout": 7, "read_timeout": 7, "retries": {"total_max_attempts": 1}}


def test_retries_that_somebody_asks_for_are_not_had(tmp_path: Path) -> None:
    asked = {"config": {"retries": {"max_attempts": 4, "mode": "adaptive"}}}
    config = told(tmp_path, NEWSLETTER_ANYMAIL_AMAZON_SES_CLIENT_PARAMS=json.dumps(asked))["config"]
    assert config["retries"] == {"total_max_attempts": 1}


def test_other_parameters_of_boto_are_kept() -> None:
    params = post_once({"region_name": "eu-west-1", "config": {"read_timeout": 9}}, timeout_seconds=30)
    assert (params["region_name"], params["config"]["read_timeout"]) == ("eu-west-1", 9)


@pytest.mark.parametrize("value", ["eu-west-1", "[]", '{"config": 3}'])
@pytest.mark.parametrize("name", ["AMAZON_SES_CLIENT_PARAMS", "AMAZON_SES_SESSION_PARAMS"])
def test_parameters_that_are_no_object_stop_the_start_by_name(tmp_path: Path, name: str, value: str) -> None:
    done = start(tmp_path, **{f"NEWSLETTER_ANYMAIL_{name}": value})
    assert f"ImproperlyConfigured: NEWSLETTER_ANYMAIL_{name}: write it as a JSON object" in done.stderr


@pytest.mark.parametrize("name", BY_REQUESTS)
def test_the_session_of_any_other_backend_posts_once(name: str) -> None:
    backend = import_module(f"anymail.backends.{name}").EmailBackend
    assert backend.create_session is AnymailRequestsBackend.create_session
    session = backend.create_session(SimpleNamespace(esp_name=name, debug_api_requests=False))
    assert {adapter.max_retries.total for adapter in session.adapters.values()} == {0}
