"""Every web address. Each needs an entry in ``web.policy``."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from newsletter.api.doors import doors
from newsletter.web.health import healthz, readyz
from newsletter.web.metrics import metrics

urlpatterns = [
    path("", include("newsletter.web.public.urls")),
    path("api/", doors.urls),
    path("desk/", include("newsletter.web.desk.urls")),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("readyz", readyz, name="readyz"),
    path("", RedirectView.as_view(pattern_name="desk:home"), name="root"),
]
