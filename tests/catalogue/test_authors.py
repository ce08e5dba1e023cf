"""What bylines say of authors comes from a file and goes back into the same file."""

from __future__ import annotations

import pytest

from newsletter.catalogue.authors import dump_authors
from newsletter.catalogue.load import load
from newsletter.catalogue.models import Author
from newsletter.errors import Invalid

pytestmark = pytest.mark.django_db
AUTHORS = """[[author]]
name = "Ada Byron"
page = "https://m.example/ada"

[[author]]
name = "Lin \\"Yi\\" Yiran"
page = "https://m.example/lin"
affiliation = { en = "Meridian China", zh = "子午线中国中心" }

[[author]]
name = "Zoë Quint"
"""


def loaded(text: str) -> object:
    return load(text, where="a.toml", check=str)


def test_authors_that_were_dumped_are_those_that_were_loaded() -> None:
    loaded(AUTHORS)
    assert dump_authors() == AUTHORS


def test_loading_again_changes_the_author_of_the_same_name_and_keeps_the_others() -> None:
    loaded(AUTHORS)
    loaded('[[author]]\nname = "ADA  Byron"\n')
    assert list(Author.objects.filter(folded="ada byron").values_list("name", "page")) == [("ADA  Byron", "")]
    assert Author.objects.count() == 3


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("author = 3", "a.toml: author"),
        ("author = []", "a.toml: author"),
        ('[[author]]\npage = "https://m.example"', "a.toml: author 1.name"),
        ('[[author]]\nname = "A"\npage = "javascript:alert(1)"', "a.toml: author 1.page"),
        ('[[author]]\nname = "A"\nhome = "x"', "a.toml: author 1.home"),
        ('[[author]]\nname = "A"\n[[author]]\nname = "a "', "a.toml: author 2.name"),
        ('[[author]]\nname = "A"\naffiliation = "China"', "a.toml: author 1.affiliation"),
        ('[[author]]\nname = "A"\naffiliation = { "x y" = "China" }', "a.toml: author 1.affiliation.x y"),
        ('code = "x"\n[[author]]\nname = "A"', "a.toml: code"),
    ],
)
def test_a_wrong_author_is_refused_with_the_place(text: str, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        loaded(text)
    assert refusal.value.where == where
