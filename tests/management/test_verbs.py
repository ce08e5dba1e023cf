"""The command as programs use it: one JSON object on stdout, logs on stderr, exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import override_settings

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import pull_back
from newsletter.delivery.database_clock import database_now
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState
from newsletter.delivery.rewind import hold
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.queries import placed
from newsletter.management.commands import up
from tests.delivery.stage import add_readers, sending_issue
from tests.factories import NOW, make_article, make_newsletter
from tests.management.command import Run

pytestmark = pytest.mark.django_db

EXPORT = """Left over\n{{"authors": ["Ada Byron"], "type": "commentary", "centerAffiliationAll": "dc", "centers": [],
"englishNewsletterAll": "ctw", "nonEnglishNewsletterAll": "", "primaryCenter": "", "programAffiliation": "russia",
"regions": [], "topics": []}}Source: Getty
{title}
A port on the Black Sea has become a test of who writes the rules.
The first ships left under inspection in autumn, and few of the officials expected the arrangement to last."""


@pytest.fixture
def issue(run: Run) -> int:
    make_newsletter(sections=[{"limit": 2}, {"selector": "topic:Energy"}])
    for number in range(4):
        make_article(f"Story number {number} of the week")
    return int(run("draft", "ctw", "--json")[1]["issue"])


def test_ingest_counts_what_became_of_every_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(EXPORT.format(title="The Long Bargain Over the Black Sea"))
    (tmp_path / "bad.txt").write_text("no metadata here")
    code, answer = run("ingest", "page-export", tmp_path, "--json")
    told = [answer[key] for key in ("new", "updated", "unchanged")]
    assert (code, told) == (0, [1, 0, 0])
    assert [(row["file"], row["reason"], row["position"]) for row in answer["quarantined"]] == [
        ("bad.txt", "no_json", "line 1, column 1")
    ]


def test_ingest_tells_in_words_what_an_update_changed(run: Run, tmp_path: Path) -> None:
    page = EXPORT.format(title="The Long Bargain Over the Black Sea")
    (tmp_path / "good.txt").write_text(page)
    run("ingest", "page-export", tmp_path)
    (tmp_path / "good.txt").write_text(page.replace('"regions": []', '"regions": ["Russia", "Türkiye"]'))
    lines = run("ingest", "page-export", tmp_path)[1].splitlines()
    number = Article.objects.get().pk
    assert lines[:4] == [
        "new 0, updated 1, unchanged 0, quarantined 0",
        "",
        f"good.txt: article {number} updated, minor",
        "  regions: nothing -> Russia; Türkiye",
    ]


def test_ingest_tells_in_words_the_whole_reason_of_a_refusal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("no metadata here")
    assert run("ingest", "page-export", tmp_path)[1].splitlines() == [
        "new 0, updated 0, unchanged 0, quarantined 1",
        "",
        "bad.txt: quarantined, no_json (line 1, column 1)",
        "  There is no metadata object with authors and type. Export the page again.",
    ]


def test_ingest_twice_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(EXPORT.format(title="The Long Bargain Over the Black Sea"))
    run("ingest", "page-export", tmp_path, "--json")
    answer = run("ingest", "page-export", tmp_path, "--json")[1]
    assert [answer[key] for key in ("new", "updated", "unchanged")] == [0, 0, 1]


def test_a_url_map_gives_an_article_its_address(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(EXPORT.format(title="The Long Bargain Over the Black Sea"))
    (tmp_path / "urls.tsv").write_text("good.txt\thttps://meridian.example/2026/11/the-long-bargain\n")
    run("ingest", "page-export", tmp_path / "good.txt", "--url-map", tmp_path / "urls.tsv", "--json")
    article = run("articles", "--json")[1]["articles"][0]
    assert (article["url"], article["published_at"]) == (
        "https://meridian.example/2026/11/the-long-bargain",
        "2026-11-01",
    )


def test_a_file_that_is_not_there_is_refused_with_code_1(run: Run, tmp_path: Path) -> None:
    code, answer = run("ingest", "page-export", tmp_path / "nowhere", "--json")
    assert (code, sorted(answer["error"])) == (1, ["code", "fix", "message", "where"])


@pytest.mark.parametrize(
    "words",
    [
        ["draft"],
        ["ingest", "fax", "x"],
        ["schedule", "1", "--at", "2026-11-26T09:00"],
        ["schedule", "1", "--at", "tomorrow"],
        ["articles", "--limit", "0"],
        ["edit", "1", "shred", "2"],
        ["send", "1", "--cool-off", "soon"],
    ],
)
def test_wrong_usage_is_code_2_with_a_json_error(run: Run, words: list[str]) -> None:
    code, answer = run(*words, "--json")
    assert (code, answer["error"]["code"]) == (2, "usage")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["draft", "nothing"], "not_found"),
        (["approve", "999"], "not_found"),
        (["status", "999"], "not_found"),
        (["explain", "ctw", "999"], "not_found"),
        (["select", "newsleter:ctw"], "expression"),
        (["issues", "999"], "not_found"),
    ],
)
def test_a_refusal_is_code_1_with_a_json_error(run: Run, issue: int, words: list[str], error: str) -> None:
    code, answer = run(*words, "--json")
    assert (code, answer["error"]["code"]) == (1, error)


def test_a_wrong_selector_says_what_was_meant(run: Run) -> None:
    assert run("select", "newsleter:ctw", "--json")[1]["error"]["fix"] == "Did you mean newsletter?"


def test_select_gives_articles_with_their_facets(run: Run, issue: int) -> None:
    answer = run("select", "newsletter:CTW and center:dc", "--limit", 1, "--json")[1]
    assert [row["title"] for row in answer["articles"]] == ["Story number 3 of the week"]
    assert {"byline", "center_codes", "centers", "url", "warnings", "published_at"} <= answer["articles"][0].keys()


def test_lists_come_in_pages(run: Run, issue: int) -> None:
    first = run("articles", "--limit", 3, "--json")[1]
    second = run("articles", "--limit", 3, "--after", first["next"], "--json")[1]
    assert [len(first["articles"]), len(second["articles"]), second["next"]] == [3, 1, None]


def test_json_lines_give_every_row_on_a_line(run: Run, issue: int) -> None:
    out = run("articles", "--jsonl")[1]
    assert [json.loads(line)["id"] > 0 for line in out.splitlines()] == [True] * 4


LISTS = [["articles"], ["issues"], ["newsletters"], ["select", "newsletter:ctw"], ["history", "1"], ["deliveries", "1"]]


@pytest.mark.parametrize("words", LISTS)
def test_every_list_gives_all_its_rows_whatever_the_limit(run: Run, issue: int, words: list[str]) -> None:
    words = [str(issue) if word == "1" else word for word in words]
    whole = run(*words, "--limit", 10**30, "--json")[1]
    rows = next(value for value in whole.values() if isinstance(value, list))
    assert run(*words, "--jsonl")[0] == 0
    assert (whole["next"], len(rows) > 0) == (None, words[0] != "deliveries")


@pytest.mark.parametrize("words", LISTS)
def test_a_cursor_that_is_none_is_refused_or_finds_nothing(run: Run, issue: int, words: list[str]) -> None:
    words = [str(issue) if word == "1" else word for word in words]
    code, answer = run(*words, "--after", "zzz", "--json")
    assert (code, "error" in answer) in ((1, True), (0, False))


def test_a_draft_shows_sections_picks_and_what_was_left_out(run: Run, issue: int) -> None:
    answer = run("issues", issue, "--json")[1]
    assert [len(part["picks"]) for part in answer["sections"]] == [2, 0]
    assert {row["reason"] for row in answer["left_out"]} == {"limit"}
    assert {"article", "title", "teaser", "byline", "url"} <= answer["sections"][0]["picks"][0].keys()


def test_explain_tells_the_verdict_and_every_clause(run: Run, issue: int) -> None:
    article = make_article("Nobody's story", newsletters=[])
    answer = run("explain", "ctw", article.pk, "--json")[1]
    assert (answer["verdict"], answer["clauses"][0]["passed"]) == ("out", False)
    assert answer["nearest_miss"] == "one facet away: newsletter is empty, wanted newsletter:ctw"


def test_edits_are_recorded_in_the_name_given(run: Run, issue: int) -> None:
    run("edit", issue, "set", "subject", "Hello", "--by", "Ada", "--json")
    assert HistoryEntry.objects.latest("pk").by == "operator Ada"


def test_an_edit_moves_what_it_says(run: Run, issue: int) -> None:
    last = placed(Issue.objects.get(pk=issue))[1].article_id
    answer = run("edit", issue, "move", last, "--position", 1, "--json")[1]
    assert answer["sections"][0]["picks"][0]["article"] == last


def test_preview_writes_the_four_files(run: Run, issue: int, tmp_path: Path) -> None:
    answer = run("preview", issue, "--out", tmp_path / "out", "--json")[1]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "issue.eml",
        "issue.html",
        "issue.json",
        "issue.txt",
    ]
    assert {"subject", "preheader", "bytes", "files", "findings"} <= answer.keys()


def test_a_folder_that_cannot_be_written_is_refused(run: Run, issue: int) -> None:
    code, answer = run("preview", issue, "--out", "/proc/nowhere", "--json")
    assert (code, answer["error"]["where"]) == (1, "--out")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_out_of_this_world_is_wrong_usage(run: Run, issue: int, at: str) -> None:
    assert run("draft", "ctw", "--at", at, "--json")[0] == 2


@pytest.mark.parametrize("name", ["Ada", " Ada ", "operator Ada", "A\x07da"])
def test_a_name_is_written_in_one_way(run: Run, issue: int, name: str) -> None:
    run("approve", issue, "--by", name, "--json")
    assert HistoryEntry.objects.latest("pk").by == "operator Ada"


@pytest.mark.parametrize("words", [["frobnicate", "--json"], ["--json"]])
def test_an_unknown_verb_is_wrong_usage(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "newsletter", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (2, "usage")


@pytest.mark.parametrize("address", ["nobody", "a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example"])
def test_a_proof_goes_to_one_plain_address_only(run: Run, issue: int, address: str) -> None:
    assert run("proof", issue, "--to", address, "--json")[0] == 1


def test_an_issue_is_approved_and_scheduled(run: Run, issue: int) -> None:
    approved = run("approve", issue, "--json")[1]
    scheduled = run("schedule", issue, "--at", "2099-01-01T09:00:00Z", "--json")[1]
    assert (approved["state"], scheduled["state"]) == ("approved", "scheduled")


def test_scheduling_into_the_past_is_refused(run: Run, issue: int) -> None:
    run("approve", issue, "--json")
    assert run("schedule", issue, "--at", "2001-01-01T09:00:00Z", "--json")[1]["error"]["code"] == "past"


def test_a_draft_is_not_sent(run: Run, issue: int) -> None:
    assert run("send", issue, "--json")[0] == 1


def test_status_counts_every_state_with_zeros(run: Run, issue: int) -> None:
    answer = run("status", issue, "--json")[1]
    names = [
        "queued",
        "leased",
        "wire",
        "accepted",
        "refused",
        "deferred",
        "in_doubt",
        "skipped",
        "expired",
        "cancelled",
    ]
    assert (sorted(answer["counts"]), sum(answer["counts"].values())) == (sorted(names), 0)


def test_history_tells_who_did_what(run: Run, issue: int) -> None:
    run("approve", issue, "--by", "Ada", "--json")
    answer = run("history", issue, "--json")[1]
    assert [(row["act"], row["by"]) for row in answer["history"]][-1] == ("approve", "operator Ada")


def test_readers_are_loaded_with_a_report(run: Run, issue: int, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("email,name,language\na@readers.example,Ada,en\nnobody,,\n")
    words = ["readers", "load", tmp_path / "r.csv", "--newsletter", "ctw", "--json"]
    answer = run(*words)[1]
    assert (answer["loaded"], [row["row"] for row in answer["refused"]]) == (1, [3])


def test_a_dump_loads_again(run: Run, issue: int, tmp_path: Path) -> None:
    text = run("dump", "ctw", "--json")[1]["toml"]
    (tmp_path / "ctw.toml").write_text(text)
    assert run("load", tmp_path / "ctw.toml", "--json")[1]["newsletters"] == ["ctw"]
    assert run("dump", "ctw", "--json")[1]["toml"] == text


def test_loading_is_all_or_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[brand]\ncode = "x"\nname = "X"\n')
    (tmp_path / "b.toml").write_text("code = 1")
    run("load", tmp_path / "a.toml", tmp_path / "b.toml", "--json")
    assert run("newsletters", "--json")[1]["newsletters"] == []


def test_doctor_names_every_part(run: Run) -> None:
    code, answer = run("doctor", "--json")
    names = {part["name"] for part in answer["parts"]}
    assert (code, {"database", "tables", "redis"} <= names) == (0, True)


def test_without_json_people_get_words(run: Run, issue: int) -> None:
    assert "Story number 3 of the week" in run("issues", issue)[1]


def test_a_selector_is_written_in_its_one_form(run: Run) -> None:
    assert run("selector", "format", 'NEWSLETTER : "ctw"   AND(region:"Middle East")', "--json") == (
        0,
        {"selector": 'newsletter:ctw and region:"Middle East"'},
    )


def test_a_selector_is_checked_with_how_many_articles_it_chooses(run: Run, issue: int) -> None:
    code, answer = run("selector", "check", "newsletter:ctw and region:Atlantis", "--json")
    assert (code, answer["articles"], answer["more"]) == (0, 0, False)
    assert [warning["message"] for warning in answer["warnings"]] == ["No article has region:Atlantis"]


def test_a_wrong_selector_is_refused_with_its_place(run: Run) -> None:
    code, answer = run("selector", "check", "newsletter:ctw andd type:any", "--json")
    assert (code, answer["error"]["where"]) == (1, "line 1, column 16")


def test_a_selector_is_finished(run: Run, issue: int) -> None:
    code, answer = run("selector", "complete", "newsl", "--json")
    assert (code, [offer["insert"] for offer in answer["completions"]]) == (0, ["newsletter:"])


def test_a_back_test_says_what_would_change(run: Run, issue: int) -> None:
    code, answer = run("back_test", "ctw", "--selector", "newsletter:asia", "--slots", "3", "--json")
    assert (code, answer["summary"]["slots"]) == (0, 3)


def test_an_issue_reads_well(run: Run, issue: int) -> None:
    make_article("Left", newsletters=[], available_at=NOW)
    run("edit", issue, "set", "subject", "Hello")
    _, words = run("issues", issue)
    lines = words.splitlines()
    assert lines[0].startswith(f"Issue {issue}, ctw of ")
    assert lines[1].startswith("Window: available from the start until ")
    assert "     newsletter:ctw" in lines


def test_a_back_test_reads_well(run: Run, issue: int) -> None:
    _, words = run("back_test", "ctw", "--selector", "newsletter:asia", "--slots", "3")
    assert words.splitlines()[2] == "  would  newsletter:asia  (at most 2, at least 0, order newest)"


def test_a_verb_may_be_spelled_with_a_hyphen() -> None:
    made = subprocess.run([sys.executable, "-m", "newsletter", "back-test", "--help"], capture_output=True, text=True)
    assert (made.returncode, "--selector" in made.stdout) == (0, True)


def test_an_explanation_reads_well(run: Run, issue: int) -> None:
    article = make_article("The Grid at Night", newsletters=["asia"], regions=["Iran"])
    _, words = run("explain", "ctw", article.pk)
    assert words.splitlines()[0].startswith(f"“The Grid at Night” (article {article.pk}) is not in the issue of 20")
    assert "  ✗ newsletter:ctw: newsletter is asia" in words.splitlines()


def test_a_person_decides_about_an_article(run: Run) -> None:
    article = make_article("The Grid at Night")
    overridden = run("article", article.pk, "override", "regions", "Iran", "Iraq", "--json")[1]["regions"]
    weighed = run("article", article.pk, "weigh", "5", "--json")[1]["weight"]
    withdrawn = run("article", article.pk, "withdraw", "--reason", "an error", "--json")[1]
    assert (overridden, weighed, withdrawn["issues"]["drafts"]) == (["Iran", "Iraq"], 5, [])
    assert withdrawn["withdrawn_at"] is not None


@pytest.mark.parametrize("words", [("override", "regions"), ("override", "title", "a", "b"), ("weigh", "much")])
def test_a_decision_that_makes_no_sense_is_refused(run: Run, words: tuple[str, ...]) -> None:
    code, answer = run("article", make_article().pk, *words, "--json")
    assert (code, answer["error"]["code"]) == (1, "invalid")


@pytest.fixture
def record(run: Run, tmp_path: Path) -> int:
    (tmp_path / "bad.txt").write_text("no metadata here")
    run("ingest", "page-export", tmp_path, "--json")
    return int(run("quarantine", "--json")[1]["records"][0]["id"])


def test_refused_records_are_listed_shown_and_put_aside(run: Run, record: int) -> None:
    shown = run("quarantine", "show", record, "--json")[1]
    run("quarantine", "discard", record, "--reason", "a test page", "--json")
    assert (shown["reason"], shown["lines"][0]["here"]) == ("no_json", True)
    assert run("quarantine", "--json")[1]["records"] == []


def test_a_refused_record_is_read_again_from_there(run: Run, record: int, tmp_path: Path) -> None:
    (tmp_path / "mended").write_text(EXPORT.format(title="The Long Bargain Over the Black Sea"))
    still = run("quarantine", "fix", record, "--title", "x", "--json")
    code, answer = run("quarantine", "fix", record, "--text", tmp_path / "mended", "--json")
    assert (still[0], code, answer["new"]) == (1, 0, 1)


def test_the_doctor_tells_what_is_odd_and_what_is_settled(run: Run) -> None:
    make_newsletter("ctw")
    article = make_article(newsletters=["ctww"])
    rows = run("odd", "--code", "unknown_newsletter", "--json")[1]["odd"]
    run("odd", "settle", article.pk, "unknown_newsletter", "ctww", "--json")
    assert [(row["article"], row["field"], row["value"]) for row in rows] == [(article.pk, "newsletters", "ctww")]
    assert run("odd", "--code", "unknown_newsletter", "--json")[1]["odd"] == []
    assert run("odd", "counts", "--json")[1]["counts"]["unknown_newsletter"] == 0


def test_a_field_is_set_right(run: Run) -> None:
    article = make_article(newsletters=["ctww"])
    run("odd", "set", article.pk, "newsletters", "ctw", "--json")
    article.refresh_from_db()
    assert article.newsletters == ["ctw"]


def test_sources_are_loaded_listed_and_written_down(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cms.toml").write_text('code = "cms"\nform = "push"\n')
    run("sources", "load", tmp_path / "cms.toml", "--json")
    assert [row["code"] for row in run("sources", "--json")[1]["sources"]] == ["cms"]
    assert 'form = "push"' in run("sources", "dump", "cms")[1]


def test_a_source_that_cannot_be_pulled_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('code = "x"\naddress = "http://127.0.0.1:8080/feed"\n')
    run("sources", "load", tmp_path / "x.toml", "--json")
    code, answer = run("pull", "x", "--json")
    assert (code, answer["pulled"][0]["outcome"]) == (1, "failed")


def test_a_token_is_shown_once(run: Run) -> None:
    secret = run("tokens", "create", "cms", "--scope", "articles:write", "--json")[1]["secret"]
    listed = run("tokens", "--json")[1]["tokens"]
    assert (secret.startswith("nlt_"), "secret" in listed[0]) == (True, False)
    assert run("tokens", "revoke", listed[0]["id"], "--json")[1]["revoked_at"] is not None


def test_coverage_reads_well(run: Run, issue: int) -> None:
    make_article("Left behind", newsletters=[])
    _, words = run("coverage", "--until", "2100-01-01T00:00:00Z", "--since", "2000-01-01T00:00:00Z")
    assert words.splitlines()[0] == "2 of 5 articles were picked."


def test_a_brand_and_the_authors_are_dumped_as_they_were_loaded(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('[brand]\ncode = "beirut"\nname = "Beirut"\n')
    (tmp_path / "a.toml").write_text('[[author]]\nname = "Ada Byron"\n')
    loaded = run("load", tmp_path / "b.toml", tmp_path / "a.toml", "--json")[1]
    assert (loaded["brands"], loaded["authors"]) == (["beirut"], 1)
    assert run("dump", "--brand", "beirut", "--json")[1]["toml"] == (tmp_path / "b.toml").read_text()
    assert run("dump", "--authors", "--json")[1]["toml"] == (tmp_path / "a.toml").read_text()
    assert run("dump", "--brand", "nobody", "--json")[0] == 1


@pytest.fixture
def announced(run: Run, issue: int) -> int:
    """An issue whose one error is an event that is over."""
    Newsletter.objects.update(overridable=["past_dates"])
    article = run("issues", issue, "--json")[1]["sections"][0]["picks"][0]["article"]
    run("edit", issue, "set", "event_starts", "2020-01-01T10:00+00:00", "--article", article, "--json")
    return issue


def test_proofread_tells_what_blocks_with_exit_code_1(run: Run, announced: int) -> None:
    code, answer = run("proofread", announced, "--json")
    assert (code, answer["blocking"]) == (1, ["past_dates"])


def test_an_operator_overrules_a_rule_by_name(run: Run, announced: int) -> None:
    why = ("--override", "past_dates", "--because", "It is told as history.")
    code, answer = run("approve", announced, *why, "--by", "Ada", "--json")
    told = run("proofread", announced, "--json")[1]
    assert (code, answer["state"]) == (0, "approved")
    assert (told["blocking"], told["overrides"]) == (
        [],
        [{"rule": "past_dates", "by": "operator Ada", "because": "It is told as history."}],
    )


def test_an_override_without_reason_is_refused(run: Run, announced: int) -> None:
    code, answer = run("approve", announced, "--override", "past_dates", "--json")
    assert (code, answer["error"]["where"]) == (1, "--because")


def test_phrases_are_banned_listed_and_allowed(run: Run, issue: int) -> None:
    banned = run("phrases", "ban", "game changer", "--instead", "turning point", "--json")[1]
    listed = run("phrases", "--json")[1]["phrases"]
    allowed = run("phrases", "allow", banned["id"], "--json")[1]
    assert (listed, allowed) == ([banned], {"allowed": "game changer"})
    assert run("phrases", "--json")[1]["phrases"] == []


def test_an_issue_is_resent_extended_and_corrected_by_verbs(run: Run) -> None:
    issue = sending_issue(readers=3)
    Delivery.objects.update(state=DeliveryState.IN_DOUBT)
    Chunk.objects.update(state=ChunkState.CLOSED, queued=0, in_doubt=3)
    add_readers(issue.newsletter, 2, prefix="late")
    assert run("resend", issue.pk, "--json")[1]["resent"] == 3
    assert run("resend", issue.pk, "--json")[1]["resent"] == 0
    assert run("extend", issue.pk, "--json")[1] == {
        "issue": issue.pk, "newsletter": "ctw", "state": "freezing", "added": 2,
    }  # fmt: skip
    Issue.objects.update(state="sent")
    answer = run("correct", issue.pk, "--json")[1]
    assert (answer["kind"], answer["corrects"], answer["state"]) == ("correction", issue.pk, "draft")


def test_send_takes_an_expiry(run: Run, issue: int) -> None:
    run("approve", issue)
    assert run("send", issue, "--expires", "24h", "--json")[1]["expires_at"] is not None


@pytest.mark.django_db(transaction=True)
def test_send_waits_no_longer_when_the_issue_is_pulled_back(run: Run, issue: int) -> None:
    run("approve", issue)

    def take_back() -> None:
        with closing(connection):
            while not Issue.objects.filter(pk=issue, state=Issue.State.COOLING_OFF).exists():
                time.sleep(0.05)
            pull_back(issue, by="bob", now=database_now())

    with ThreadPoolExecutor() as other:
        other.submit(take_back)
        answer = run("send", issue, "--cool-off", "10m", "--wait", "--json")[1]
    assert answer["state"] == "approved"


def test_deliveries_tell_the_relay_s_own_words_without_what_a_terminal_obeys(run: Run) -> None:
    issue = sending_issue(readers=1)
    row = Delivery.objects.get()
    words = "5.1.1 \x1b[2Jno such \x9bperson \u202egnorw"
    Attempt.objects.create(
        delivery=row, at=NOW, outcome=DeliveryState.REFUSED, relay="r", phase="rcpt", code=550, words=words
    )
    assert run("deliveries", issue.pk, "--json")[1]["deliveries"][0]["reply"] == f"550 {words}"
    told = run("deliveries", issue.pk)[1]
    assert "550 5.1.1 \\x1b[2Jno such \\x9bperson \\u202egnorw" in told
    assert not set("\x1b\x9b\u202e") & set(told)


def test_deliveries_tell_all_of_the_relay_s_words(run: Run) -> None:
    issue = sending_issue(readers=1)
    words = "5.7.1 " + "this relay takes nothing from senders it has no record of; " * 4 + "see the postmaster"
    Attempt.objects.create(
        delivery=Delivery.objects.get(),
        at=NOW,
        outcome=DeliveryState.REFUSED,
        relay="r",
        phase="rcpt",
        code=550,
        words=words,
    )
    assert f"550 {words}\n" in run("deliveries", issue.pk)[1]


@pytest.mark.parametrize(
    ("public", "port", "told"),
    [
        ("http://localhost:9000", 9000, "http://localhost:9000"),
        ("http://127.0.0.1:9000", 8000, "http://127.0.0.1:9000, listening at http://127.0.0.1:8000"),
        ("https://news.example", 8000, "https://news.example, listening at http://127.0.0.1:8000"),
    ],
)
def test_up_tells_an_address_that_answers(public: str, port: int, told: str) -> None:
    with override_settings(SITE_URL=public, WEB_PORT=port):
        assert up.address() == told


def test_the_doctor_tells_whole_sentences_with_what_to_do(run: Run) -> None:
    hold(by="ada", now=NOW)
    code, told = run("doctor")
    assert code == 1
    assert (
        "sending      no   Sending is held by hand. "
        "Look at `newsletter database`, then `newsletter database confirm`.\n"
    ) in told


def test_a_second_up_at_the_same_port_is_refused_before_it_touches_anything(run: Run) -> None:
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        with override_settings(WEB_PORT=first.getsockname()[1]):
            code, answer = run("up", "--json")
    assert (code, answer["error"]["where"]) == (1, "NEWSLETTER_WEB_PORT")
    assert not get_user_model().objects.exists()
