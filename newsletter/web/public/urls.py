"""Addresses that stand in mail (made in ``links.addresses``)."""

from __future__ import annotations

from django.urls import path

from newsletter.images.files import PATH
from newsletter.web.public import images, views

app_name = "public"
urlpatterns = [
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", views.preferences, name="preferences"),
    path("v/<str:token>", views.view, name="view"),
    path(f"{PATH}/<str:name>", images.image, name="image"),
]
