"""Addresses of the desk."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from newsletter.web.desk import acts, cms, files, house, images, looks, views
from newsletter.web.desk.database import confirm_database, database
from newsletter.web.desk.login import DeskLogin
from newsletter.web.desk.relays import relays

app_name = "desk"
urlpatterns = [
    path("login", DeskLogin.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("", views.home, name="home"),
    path("newsletters", views.newsletters, name="newsletters"),
    path("newsletters/<str:code>", views.newsletter, name="newsletter"),
    path("newsletters/<str:code>/draft", acts.draft_next, name="draft"),
    path("templates", looks.templates, name="templates"),
    path("templates/keep", looks.keep, name="keep-template"),
    path("templates/<str:name>", looks.template, name="template"),
    path("templates/<str:name>/html", looks.template_html, name="template-html"),
    path("templates/<str:name>/drop", looks.drop, name="drop-template"),
    path("articles", views.articles, name="articles"),
    path("articles/offers", views.offers, name="offers"),
    path("articles/<int:pk>", views.article, name="article"),
    path("issues", views.issues, name="issues"),
    path("issues/<int:pk>", views.issue, name="issue"),
    path("issues/<int:pk>/html", views.issue_html, name="issue-html"),
    path("issues/<int:pk>/text", views.issue_text, name="issue-text"),
    path("issues/<int:pk>/progress", views.issue_progress, name="issue-progress"),
    path("issues/<int:pk>/export", files.export_issue, name="export"),
    path("issues/<int:pk>/deliveries", views.deliveries, name="deliveries"),
    path("sources", cms.sources, name="sources"),
    path("sources/<str:code>/pull", cms.pull_now, name="pull"),
    path("quarantine", cms.quarantine, name="quarantine"),
    path("quarantine/<int:pk>", cms.record, name="record"),
    path("quarantine/<int:pk>/fix", cms.fix_record, name="fix"),
    path("quarantine/<int:pk>/discard", cms.discard_record, name="discard"),
    path("doctor", cms.doctor, name="doctor"),
    path("doctor/<int:pk>/set", cms.set_field, name="set-right"),
    path("doctor/<int:pk>/settle", cms.settle_oddity, name="settle"),
    path("database", database, name="database"),
    path("relays", relays, name="relays"),
    path("database/confirm", confirm_database, name="confirm-database"),
    path("coverage", cms.coverage, name="coverage"),
    path("articles/<int:pk>/image", images.illustrate_article, name="article-image"),
    path("images", images.images, name="images"),
    path("images/add", images.add_image, name="image-add"),
    path("images/<int:pk>", images.image, name="image"),
    path("images/<int:pk>/crop", images.crop_image, name="image-crop"),
    path("images/<int:pk>/caption", images.caption_image, name="image-caption"),
    path("images/<int:pk>/delete", images.remove_image, name="image-delete"),
    path("phrases", house.phrases, name="phrases"),
    path("phrases/ban", house.ban_phrase, name="ban"),
    path("phrases/<int:pk>/allow", house.allow_phrase, name="allow"),
    *(path(f"issues/<int:pk>/{name}", act, name=name) for name, act in acts.ACTS.items()),
]
