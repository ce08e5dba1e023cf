"""Where MRML differs from npm mjml, the source is rewritten so that readers see what npm mjml would have shown."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import compile_mjml


def tree(body: str, head: str = "", attributes: str = "") -> lxml_html.HtmlElement:
    source = f"<mjml><mj-head>{head}</mj-head><mj-body{attributes}><mj-section>{body}</mj-section></mj-body></mjml>"
    return lxml_html.document_fromstring(inline(*compile_mjml(source)))


def column(inner: str) -> str:
    return f"<mj-column>{inner}</mj-column>"


def test_of_two_classes_the_last_wins_and_their_css_classes_add_up() -> None:
    head = (
        "<mj-attributes><mj-class name='a' color='#aa0000' css-class='x'/>"
        "<mj-class name='b' color='#00aa00' css-class='y'/></mj-attributes>"
    )
    made = tree(column("<mj-text mj-class='a b'>words</mj-text>"), head)
    (words,) = made.xpath("//div[text()='words']")
    assert "color:#00aa00" in words.get("style").replace(" ", "")
    assert made.xpath("//td[@class='x y']") != []


def test_an_attribute_of_its_own_beats_a_class() -> None:
    head = "<mj-attributes><mj-class name='a' color='#aa0000'/></mj-attributes>"
    made = tree(column("<mj-text mj-class='a' color='#0000aa'>words</mj-text>"), head)
    assert "color:#0000aa" in made.xpath("//div[text()='words']")[0].get("style").replace(" ", "")


def test_the_body_takes_its_standing_attributes() -> None:
    made = tree("", "<mj-attributes><mj-body background-color='#aabbcc'/></mj-attributes>")
    assert "#aabbcc" in made.find("body").get("style")


def test_the_icons_of_an_accordion_reach_its_elements() -> None:
    inner = "<mj-accordion-element><mj-accordion-title>a</mj-accordion-title></mj-accordion-element>"
    made = tree(column(f"<mj-accordion icon-wrapped-url='https://x.example/more.png'>{inner}</mj-accordion>"))
    assert made.xpath("//img[@class='mj-accordion-more']/@src") == ["https://x.example/more.png"]


@pytest.mark.parametrize(
    ("inner", "width"),
    [
        ("<mj-image src='a' padding='0 25px'/>", "550"),
        ("<mj-image src='a' padding='0 20px 0 30px'/>", "550"),
        ("<mj-image src='a'/>", "550"),
    ],
)
def test_an_image_is_as_wide_as_its_padding_leaves_room(inner: str, width: str) -> None:
    assert tree(column(inner)).xpath("//img/@width") == [width]


def test_standing_padding_leaves_room_too() -> None:
    head = "<mj-attributes><mj-image padding='0 25px'/></mj-attributes>"
    assert tree(column("<mj-image src='a'/>"), head).xpath("//img/@width") == ["550"]


def test_images_are_whole_pixels_wide() -> None:
    made = tree(column("<mj-image src='a'/>") * 7)
    assert made.xpath("//img/@width") == ["35"] * 7
    assert made.xpath("//td[img]/@style") == ["width:35px;"] * 7


def test_an_image_without_alt_gets_an_empty_one() -> None:
    assert tree(column("<mj-image src='a'/>")).xpath("//img/@alt") == [""]


def test_short_colors_are_written_out() -> None:
    made = tree(column("<mj-text color='#abc'>words</mj-text>"))
    assert "color:#aabbcc" in made.xpath("//div[text()='words']")[0].get("style").replace(" ", "")


def test_a_section_that_is_not_full_width_stays_so() -> None:
    source = "<mjml><mj-body><mj-section full-width='{}'><mj-column/></mj-section></mj-body></mjml>"
    made = {value: compile_mjml(source.format(value))[0] for value in ("false", "full-width")}
    plain = compile_mjml(source.replace(" full-width='{}'", ""))[0]
    assert (made["false"] == plain, made["full-width"] == plain) == (True, False)


def test_fonts_from_the_web_are_left_out() -> None:
    head = "<mj-font name='Lato' href='https://fonts.example/lato'/>"
    made = tree(column("<mj-text font-family='Lato'>words</mj-text>"), head)
    assert "fonts.example" not in lxml_html.tostring(made, encoding="unicode")


def test_what_stands_for_markup_in_a_style_is_a_comment_of_it() -> None:
    head = "<mj-style inline='inline'>/* for <p> and <br> */ p { color: #aa0000; }</mj-style>"
    assert tree(column("<mj-text><p>words</p></mj-text>"), head).xpath("//p/@style") == ["color:#aa0000"]


def test_a_blank_beside_an_icon_is_no_text() -> None:
    inner = '<mj-social><mj-social-element name="facebook" href="https://x.example/">{}</mj-social-element></mj-social>'
    source = "<mjml><mj-body><mj-section><mj-column>" + inner + "</mj-column></mj-section></mj-body></mjml>"
    assert compile_mjml(source.format(" \n ")) == compile_mjml(source.format(""))


@pytest.mark.parametrize(
    ("share", "width"),
    [("33.33333333333333%", "149"), ("33.333333333333336%", "150"), ("66.66666666666667%", "350"), ("25.5%", "103")],
)
def test_an_image_in_a_share_of_the_width_has_the_pixels_of_npm_mjml(share: str, width: str) -> None:
    made = tree(f"<mj-column width='{share}'><mj-image src='a'/></mj-column>")
    assert made.xpath("//img/@width") == [width]


@pytest.mark.parametrize(("columns", "width"), [(7, "14%"), (3, "33%"), (4, "25%")])
def test_columns_that_share_a_group_evenly_have_whole_percents(columns: int, width: str) -> None:
    made = tree(f"<mj-group>{column('<mj-text>words</mj-text>') * columns}</mj-group>")
    styles = made.xpath("//div[contains(@class, 'mj-column-per') and contains(@style, 'vertical-align')]/@style")
    assert [style.rstrip(";").rpartition("width:")[2] for style in styles] == [width] * columns


def test_a_column_of_a_group_keeps_the_share_that_it_names() -> None:
    inner = "<mj-column width='33.33333333333333%'><mj-text>words</mj-text></mj-column>"
    assert "width:33.33333333333333%" in tree(f"<mj-group>{inner}</mj-group>").xpath("//div[table]/@style")[-1]


def test_of_an_attribute_given_twice_the_first_counts() -> None:
    made = tree(column("<mj-text color='#aa0000' color='#00aa00' align='left' align=\"right\">words</mj-text>"))
    style = made.xpath("//div[text()='words']")[0].get("style").replace(" ", "")
    assert "color:#aa0000" in style
    assert "text-align:left" in style
