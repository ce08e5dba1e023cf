"""Logging in, with a limit on failed tries."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.forms import ValidationError
from django.utils.translation import gettext as _

MOST_TRIES = 8
WINDOW_SECONDS = 900


class LimitedForm(AuthenticationForm):
    """Refuses further tries of one name from one address for a quarter of an hour after eight failures."""

    def clean(self) -> dict[str, Any]:
        key = self._key()
        if cache.get(key, 0) >= MOST_TRIES:
            raise ValidationError(_("Too many failed tries. Wait a quarter of an hour."))
        try:
            cleaned = super().clean()
        except ValidationError:
            cache.add(key, 0, WINDOW_SECONDS)
            cache.incr(key)
            raise
        cache.delete(key)
        return dict(cleaned)

    def _key(self) -> str:
        origin = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        who = f"{self.cleaned_data.get('username', '').lower()}|{origin}"
        return "login-" + hashlib.sha256(who.encode()).hexdigest()


class DeskLogin(LoginView):
    """The log-in page."""

    template_name = "web/desk/login.html"
    form_class = LimitedForm
    redirect_authenticated_user = True
