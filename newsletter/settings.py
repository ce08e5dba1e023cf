"""Every setting, read once from the environment; a bad value stops the start with its name.

``docs/reference/settings.md`` lists them. Importing this module starts nothing: the doors (``newsletter.cli``,
``workers.app``) call ``newsletter.embedded.ensure`` first, which supplies the addresses a laptop lacks.
"""

from __future__ import annotations

import json
import os
import secrets
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from newsletter.delivery.conversation import Login
from newsletter.delivery.dkim.keys import read_keys
from newsletter.delivery.provider.post_once import post_once
from newsletter.delivery.relay import read_relay
from newsletter.errors import Invalid

PACKAGE = Path(__file__).resolve().parent
LOOPBACK = frozenset(("127.0.0.1", "localhost"))


def _choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: choose one of {', '.join(allowed)}")
    return value


def _whole_number(name: str, default: int, *, least: int = 0, most: int = 65535) -> int:
    raw = os.environ.get(name, "")
    try:
        value = int(raw) if raw else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r}: a whole number is needed") from None
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={value}: a number from {least} to {most} is needed")
    return value


def _words(name: str, default: str = "") -> list[str]:
    return [word for word in os.environ.get(name, default).replace(",", " ").split() if word]


def _parameters(name: str) -> dict[str, Any]:
    """Return the parameters written as a JSON object, in which ``config`` is one as well; none where nothing is."""
    raw = os.environ.get(name, "") or "{}"
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("config", {}), dict):
        raise ImproperlyConfigured(f'{name}: write it as a JSON object, like {{"region_name": "eu-west-1"}}')
    return value


def _web_address(name: str, default: str) -> str:
    value = os.environ.get(name, default).rstrip("/")
    parts = urlsplit(value)
    odd = parts.query or parts.fragment or any(sign.isspace() for sign in value)
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise ImproperlyConfigured(f"{name}={value!r}: an address such as https://news.example.org is needed")
    return value


def _own_port(otherwise: int) -> int:
    """Return the port of an address that leads to this machine: where it is said, the desk is to be found there."""
    if not os.environ.get("NEWSLETTER_BASE_URL"):
        return otherwise
    parts = urlsplit(_web_address("NEWSLETTER_BASE_URL", ""))
    try:
        port = parts.port
    except ValueError as wrong:
        raise ImproperlyConfigured(f"NEWSLETTER_BASE_URL: {wrong}") from None
    return port if port and parts.hostname in LOOPBACK else otherwise


ENVIRONMENT = _choice("NEWSLETTER_ENV", "development", ("development", "production", "test"))
PRODUCTION = ENVIRONMENT == "production"
HOME = Path(os.environ.get("NEWSLETTER_HOME", ".newsletter")).absolute()


def _secret(name: str, file: str) -> str:
    """Return a secret: from the environment, or outside production from a private file in the home."""
    value = os.environ.get(name, "")
    if PRODUCTION and len(value) < 32:
        raise ImproperlyConfigured(f"{name}: production needs a secret of at least 32 characters")
    if value:
        return value
    place = HOME / file
    if not place.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        made = HOME / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        try:
            os.link(made, place)  # the first process wins; the others read its key
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return place.read_text()


def _link_keys() -> dict[int, str]:
    """Return the ring of link keys by id: the first one signs, all of them are read."""
    name = "NEWSLETTER_LINK_KEYS"
    if not os.environ.get(name) and not PRODUCTION:
        return {1: _secret(name, "link.key")}
    ring: dict[int, str] = {}
    for entry in _words(name):
        number, _, secret = entry.partition(":")
        if not number.isascii() or not number.isdigit() or int(number) > 255 or int(number) in ring:
            raise ImproperlyConfigured(f"{name}: give ID:SECRET pairs, ids from 0 to 255, each once, the newest first")
        if len(secret) < 32:
            raise ImproperlyConfigured(f"{name}: the secret of key {number} needs at least 32 characters")
        ring[int(number)] = secret
    if not ring:
        raise ImproperlyConfigured(f"{name}: production needs at least one ID:SECRET pair, such as 1:(40 characters)")
    return ring


CUT_OFF = {  # a database that is out of reach is noticed in half a minute; the address may say otherwise
    "connect_timeout": "5",
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


def _database() -> dict[str, object]:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        if PRODUCTION:
            raise ImproperlyConfigured("DATABASE_URL: production needs a PostgreSQL address")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "newsletter",
            "HOST": "DATABASE_URL-is-not-set",
        }
    try:
        parts = conninfo_to_dict(url)
    except Exception as broken:
        raise ImproperlyConfigured(f"DATABASE_URL is no PostgreSQL address: {broken}") from None
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    database: dict[str, object] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**CUT_OFF, **{key: value for key, value in parts.items() if key not in known}},
    }
    database.update({known[key]: str(value) for key, value in parts.items() if key in known})
    return database


MEDIA = Path(os.environ.get("NEWSLETTER_MEDIA") or HOME / "media").absolute()  # files of images; every host needs them


def _relay_logins() -> dict[str, Login]:
    """Return name and password for every relay that has some, from NEWSLETTER_RELAY_LOGIN_<CODE>=name:password."""
    prefix, found = "NEWSLETTER_RELAY_LOGIN_", dict[str, Login]()
    for name, value in os.environ.items():
        if name.startswith(prefix) and value:
            user, colon, password = value.partition(":")
            if not (user and colon and password):
                raise ImproperlyConfigured(f"{name}: write it like name:password, with %3A for a colon in the name")
            found[name.removeprefix(prefix)] = Login(unquote(user), unquote(password))
    return found


SECRET_KEY = _secret("SECRET_KEY", "secret.key")
SECRET_KEY_FALLBACKS = _words("NEWSLETTER_OLD_SECRET_KEYS")  # still read: sessions, and bounces of old mail
if any(len(key) < 32 for key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured("NEWSLETTER_OLD_SECRET_KEYS: every key has at least 32 characters")
LINK_KEYS = _link_keys()
ADDRESS_KEY = _secret("NEWSLETTER_ADDRESS_KEY", "address.key")  # never change it: suppressions are found by it
DEBUG = False
WEB_PORT = _whole_number("NEWSLETTER_WEB_PORT", _own_port(8000))
SITE_URL = _web_address("NEWSLETTER_BASE_URL", f"http://127.0.0.1:{WEB_PORT}")
ALLOWED_HOSTS = [*_words("NEWSLETTER_ALLOWED_HOSTS", "127.0.0.1 localhost [::1]"), urlsplit(SITE_URL).hostname or ""]
if PRODUCTION and any("*" in host for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("NEWSLETTER_ALLOWED_HOSTS: production needs names, not a wildcard")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

DATABASES = {"default": _database()}
REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL and urlsplit(REDIS_URL).scheme not in ("redis", "rediss", "unix"):
    raise ImproperlyConfigured("REDIS_URL: an address such as redis://host:6379/0 or unix:///path is needed")
if PRODUCTION and not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL: production needs a Redis or Valkey address")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Delivery
TRANSPORT = _choice("NEWSLETTER_TRANSPORT", "smtp", ("smtp", "anymail", "file", "memory"))
SMTP_URL = os.environ.get("NEWSLETTER_SMTP_URL", "")  # smtp://user:password@host:port?tls=starttls; "" = mail catcher
try:
    _ = read_relay(SMTP_URL) if SMTP_URL else None
except Invalid as _broken:
    raise ImproperlyConfigured(f"{_broken.where}: {_broken.message} {_broken.fix}") from None
_ANYMAIL = "NEWSLETTER_ANYMAIL_"
ANYMAIL_PROVIDER = os.environ.get(f"{_ANYMAIL}PROVIDER", "")  # a module of anymail.backends, such as mailgun
if ANYMAIL_PROVIDER and not (ANYMAIL_PROVIDER.isidentifier() and find_spec(f"anymail.backends.{ANYMAIL_PROVIDER}")):
    raise ImproperlyConfigured(f"{_ANYMAIL}PROVIDER={ANYMAIL_PROVIDER!r}: django-anymail knows no such provider")
if TRANSPORT == "anymail" and not ANYMAIL_PROVIDER and PRODUCTION:
    raise ImproperlyConfigured(f"{_ANYMAIL}PROVIDER: name the provider that NEWSLETTER_TRANSPORT=anymail uses")
ANYMAIL_BATCH = _whole_number(f"{_ANYMAIL}BATCH", 100, least=1, most=1000)  # readers a call; all in doubt if it is lost
EMAIL_BACKEND = f"anymail.backends.{ANYMAIL_PROVIDER or 'console'}.EmailBackend"
ANYMAIL: dict[str, object] = {  # as django-anymail names them: MAILGUN_API_KEY, POSTMARK_SERVER_TOKEN, ...
    name.removeprefix(_ANYMAIL): value
    for name, value in os.environ.items()
    if name.startswith(_ANYMAIL) and name not in (f"{_ANYMAIL}PROVIDER", f"{_ANYMAIL}BATCH")
}
_SECONDS = ANYMAIL["REQUESTS_TIMEOUT"] = _whole_number(f"{_ANYMAIL}REQUESTS_TIMEOUT", 30, least=1, most=60)
if ANYMAIL_PROVIDER == "amazon_ses":
    _SESSION, _CLIENT = "AMAZON_SES_SESSION_PARAMS", "AMAZON_SES_CLIENT_PARAMS"
    ANYMAIL[_SESSION] = _parameters(f"{_ANYMAIL}{_SESSION}")
    ANYMAIL[_CLIENT] = post_once(_parameters(f"{_ANYMAIL}{_CLIENT}"), timeout_seconds=_SECONDS)
RELAY_LOGINS = _relay_logins()  # by relay, as the names of settings write it
try:
    DKIM_KEYS = read_keys(_words("NEWSLETTER_DKIM_KEYS"))  # by domain
except Invalid as _broken:
    raise ImproperlyConfigured(f"{_broken.message} {_broken.fix}") from None
SAFE_LIST = _words("NEWSLETTER_SAFE_LIST")  # outside production: who may get real mail
if any(entry != "*" and (entry.count("@") != 1 or entry.endswith("@")) for entry in SAFE_LIST):
    raise ImproperlyConfigured("NEWSLETTER_SAFE_LIST: only addresses, @domains or * can stand in it")
CONNECTIONS = _whole_number("NEWSLETTER_SMTP_CONNECTIONS", 32, least=1)  # per worker host
WAKE = os.environ.get("NEWSLETTER_WAKE", "workers.wake.CeleryWake")
WORKER_PROCESSES = _whole_number("NEWSLETTER_WORKER_PROCESSES", 2, least=1)


# Other systems that may send an issue
def _lists(name: str) -> dict[str, str]:
    """Return which list of a system belongs to which newsletter: CODE=LIST pairs, * for all others."""
    pairs = [entry.partition("=") for entry in _words(name)]
    if any(not code or not sign or not given for code, sign, given in pairs):
        raise ImproperlyConfigured(f"{name}: give CODE=LIST pairs, such as ctw=3 *=7")
    return {code.lower(): given for code, _, given in pairs}


MAILCHIMP_KEY = os.environ.get("NEWSLETTER_MAILCHIMP_KEY", "")
MAILCHIMP_URL = ""  # from the key
LISTMONK_URL = _web_address("NEWSLETTER_LISTMONK_URL", "") if os.environ.get("NEWSLETTER_LISTMONK_URL") else ""
LISTMONK_USER = os.environ.get("NEWSLETTER_LISTMONK_USER", "")
LISTMONK_TOKEN = os.environ.get("NEWSLETTER_LISTMONK_TOKEN", "")
LISTMONK_TEMPLATE = _whole_number("NEWSLETTER_LISTMONK_TEMPLATE", 0, most=2**31)  # 0 = listmonk's default
HANDOVER_LISTS = {name: _lists(f"NEWSLETTER_{name.upper()}_LISTS") for name in ("mailchimp", "listmonk")}

METRICS_TOKEN = os.environ.get("NEWSLETTER_METRICS_TOKEN", "")  # "" = only this machine may see them
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("NEWSLETTER_METRICS_TOKEN: at least 16 characters are needed")

# Doors
ROOT_URLCONF = "newsletter.urls"
WSGI_APPLICATION = "newsletter.web.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "newsletter.apps.NewsletterConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsletter.web.headers.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "newsletter.web.policy.PolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES_DIR = next(
    (place for place in (PACKAGE / "templates", PACKAGE.parent / "templates") if place.is_dir()),
    PACKAGE.parent / "templates",
)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR],
        "OPTIONS": {
            "builtins": ["newsletter.web.spelled"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsletter.web.context.desk",
            ],
        },
    }
]
STATIC_URL = "static/"
STATIC_ROOT = None  # WhiteNoise serves what the finders find; nothing is collected
STATICFILES_DIRS = [("desk", PACKAGE / "web" / "static")]
_SAMPLE_PICTURES = PACKAGE.parent / "examples" / "newsroom" / "images"
if not PRODUCTION and _SAMPLE_PICTURES.is_dir():
    STATICFILES_DIRS.append(("sample", _SAMPLE_PICTURES))
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [PACKAGE / "locale"]

# Security
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "desk:login"
LOGIN_REDIRECT_URL = "desk:home"
LOGOUT_REDIRECT_URL = "desk:login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https:")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"  # pages behind mail links send no referrer at all (web.public)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _words("NEWSLETTER_BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"
try:
    PULL_ALLOW = tuple(ip_network(word, strict=False) for word in _words("NEWSLETTER_PULL_ALLOW"))
except ValueError as error:
    raise ImproperlyConfigured(f"NEWSLETTER_PULL_ALLOW: {error}; networks such as 10.1.0.0/16 are needed") from None
API_RATE = _whole_number("NEWSLETTER_API_RATE", 600, least=1)  # requests a minute and token
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # a form of the desk, and a push of the API
FILE_UPLOAD_HANDLERS = [
    "newsletter.web.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LOG_LEVEL = _choice("NEWSLETTER_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
TRACING = _choice("NEWSLETTER_TRACING", "off", ("off", "on")) == "on"  # spans of OpenTelemetry
LOG_FORMAT = _choice("NEWSLETTER_LOG_FORMAT", "line", ("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "newsletter.log_lines.Lines"},
        "json": {"()": "newsletter.log_lines.JsonLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
