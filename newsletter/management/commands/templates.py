"""``newsletter templates``: digest templates, those of the program and those of one's own."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from newsletter.catalogue.models import Newsletter, Template
from newsletter.catalogue.templates import ENDING, built_in
from newsletter.errors import Invalid, NotFound, Unavailable
from newsletter.issues.compose import digest_of
from newsletter.issues.keep_template import check_name, drop_template, keep_template, own_template
from newsletter.issues.lifecycle import find
from newsletter.issues.try_template import Trial, try_template
from newsletter.management.verb import Verb, now
from newsletter.rendering.confined import OwnTemplate
from newsletter.rendering.playground import Playground, serve

PORT = 8077


class Command(Verb):
    help = (
        "Digest templates: `templates`, `templates show NAME`, `templates check FILE.mjml.j2`, "
        "`templates keep FILE.mjml.j2`, `templates drop NAME`, `templates serve [NAME | FILE.mjml.j2]`."
    )

    def arguments(self, parser: CommandParser) -> None:
        acts = ["list", "show", "check", "keep", "drop", "serve"]
        parser.add_argument("act", choices=acts, nargs="?", default="list")
        parser.add_argument("what", nargs="?", default="", metavar="NAME | FILE.mjml.j2")
        parser.add_argument("--name", default="", help="under which name to keep a file (default: the file's)")
        parser.add_argument("--text", type=Path, metavar="FILE.txt.j2", help="its text part (default: that of classic)")
        parser.add_argument("--issue", type=int, help="serve: show this issue too")
        parser.add_argument("--folder", type=Path, help="serve: another folder that holds digests/")
        parser.add_argument(
            "--port", type=int, default=PORT, help=f"serve: on 127.0.0.1 (default {PORT}, 0 = a free one)"
        )

    def run(self, *, act: str, what: str, by: str, **given: Any) -> dict[str, Any]:
        match act:
            case "list":
                return {"templates": _all()}
            case "show":
                kept = own_template(what)
                return {**_row(kept), "mjml": kept.mjml, "text": kept.text}
            case "drop":
                drop_template(what)
                return {"dropped": what}
            case "serve":
                return _serve(what, **given)
        file, name = Path(what), given["name"] or Path(what).name.removesuffix(ENDING)
        template = OwnTemplate(name, _read(file), _read(given["text"]) if given["text"] else "")
        if act == "keep":
            kept, trials = keep_template(name, template.mjml, text=template.text, by=by, now=now())
            return {**_row(kept), **_told(trials)}
        check_name(name)
        trials = try_template(template)
        return {"template": name, **_told(trials), "exit_code": int(not all(trial.is_good for trial in trials))}


def _all() -> list[dict[str, Any]]:
    users: dict[str, list[str]] = {}
    for code, template in Newsletter.objects.order_by("code").values_list("code", "template"):
        users.setdefault(template, []).append(code)
    own = [{**_row(kept), "newsletters": users.get(kept.name, [])} for kept in Template.objects.all()]
    return [
        *({"template": name, "kind": "program", "newsletters": users.get(name, [])} for name in built_in()),
        *own,
    ]


def _row(kept: Template) -> dict[str, Any]:
    return {
        "template": kept.name,
        "kind": "own",
        "version": kept.version,
        "kept_by": kept.kept_by,
        "kept_at": kept.kept_at,
    }


def _told(trials: tuple[Trial, ...]) -> dict[str, Any]:
    """Return how a template was tried, and its findings, each once with where it came up."""
    findings: dict[tuple[str, str, str, str], list[str]] = {}
    for trial in trials:
        for one in trial.findings:
            key = (one.level, one.rule, one.place, one.fix)
            findings.setdefault(key, []).append(f"{trial.language} {trial.articles}")
    return {
        "trials": [
            {
                "language": trial.language,
                "articles": trial.articles,
                "bytes": len(trial.rendering.html.encode()) if trial.rendering else None,
                "milliseconds": round(trial.rendering.milliseconds, 1) if trial.rendering else None,
                "good": trial.is_good,
            }
            for trial in trials
        ],
        "findings": [
            {"level": level, "rule": rule, "place": place, "fix": fix, "in": ", ".join(where)}
            for (level, rule, place, fix), where in sorted(findings.items())
        ],
    }


def _serve(
    what: str, *, issue: int | None, folder: Path | None, text: Path | None, port: int, **_: Any
) -> dict[str, Any]:
    """Serve the playground until Ctrl-C."""
    templates = folder or settings.TEMPLATES_DIR
    issues = {f"issue {issue}": digest_of(find(issue))} if issue else {}
    playground = _playground(what or "classic", templates, text)
    playground.issues = issues
    try:
        server = serve(playground, title=what or "classic", port=port)
    except OSError as error:
        raise Unavailable(
            f"Port {port} cannot be used: {error.strerror}.", where="--port", fix="Name another."
        ) from None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
    with server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends it)\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
    return {}


def _playground(what: str, templates: Path, text: Path | None) -> Playground:
    file = Path(what)
    if what.endswith(ENDING):
        _read(file)

        def read() -> OwnTemplate:
            spoken = text.read_text(encoding="utf-8") if text else ""
            return OwnTemplate(_safe_name(file), file.read_text(encoding="utf-8"), spoken)

        return Playground(read, templates=templates, files=(file, text) if text else (file,))
    if (templates / "digests" / f"{what}{ENDING}").is_file():
        return Playground(lambda: what, templates=templates)
    kept = Template.objects.filter(name=what).first()
    if kept is None:
        told = f"There is no template {what!r}."
        raise NotFound(told, where="template", fix=f"Name one of: {', '.join(built_in())}, or a file *{ENDING}.")
    own = OwnTemplate(kept.name, kept.mjml, kept.text)
    return Playground(lambda: own, templates=templates)


def _safe_name(file: Path) -> str:
    """Return a name that no template of the program has, so that the file itself is shown."""
    return (
        f"{file.name.removesuffix(ENDING)}-own"
        if file.name.removesuffix(ENDING) in built_in()
        else file.name.removesuffix(ENDING)
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a readable UTF-8 file.") from None
