"""Where a text ends, in the languages of the centers; and sentences that only sound like an end."""

from __future__ import annotations

import pytest

from tests.factories.pages import DISCLAIMER, PARAGRAPH, TEASER, TITLE, page, read

HEAD = f"Source: Getty\n{TITLE}\n{TEASER}\nSource: Basin Quarterly\n{PARAGRAPH}"
BIOGRAPHY = "Byron is a fellow who has written on rivers and seas. " * 3
DISCLAIMERS = (
    "Carnegie India does not take institutional positions on public policy issues.",
    "The Carnegie–Tsinghua Center for Global Policy does not take institutional positions on public policy issues.",
    "Malcolm H. Kerr Carnegie Middle East Center does not take institutional positions on public policy issues.",
    "The views expressed here are those of the author and do not necessarily reflect the views of Carnegie.",
    "Фонд Карнеги за Международный Мир и Московский Центр Карнеги как организация не выступают с общей позицией.",
    "Карнеги не занимает институциональных позиций по вопросам государственной политики.",
    "Берлинский центр Карнеги не придерживается какой-либо институциональной позиции по вопросам политики.",
    "Фонд Карнеги не имеет единой позиции по общественно-политическим вопросам.",
    "لا يتّخذ مركز مالكوم كير–كارنيغي للشرق الأوسط مواقف مؤسسية من قضايا السياسة العامة.",
    "مؤسسة كارنيغي لا تتخذ مواقف مؤسسية بشأن قضايا السياسة العامة.",
    "إن الآراء الواردة هنا تعبر عن آراء صاحبها ولا تعكس بالضرورة آراء المؤسسة.",
    "卡内基国际和平基金会不在公共政策问题上持机构立场；文中观点仅代表作者本人。",
    "卡內基不就公共政策問題採取機構立場。",
    "Carnegie ne prend pas de positions institutionnelles sur les questions de politique publique.",
    "La Fondation Carnegie pour la paix internationale n’adopte pas de position institutionnelle sur ces questions.",
    "Carnegie no adopta posiciones institucionales sobre cuestiones de política pública.",
    "La Fundación Carnegie no asume una posición institucional sobre asuntos de política pública.",
    "A Carnegie não assume posições institucionais sobre questões de políticas públicas.",
    "Carnegie nimmt keine institutionellen Positionen zu politischen Fragen ein.",
)
LISTS = (
    "- Real Rivers of the NorthPaper\n- Unpacking the StrategyOther\n- +18\nJames Acton, Saskia Miller, …",
    "- Real Rivers of the NorthPaper\nEugene Rumer\n- Unpacking the StrategyOther\nJames Acton, Saskia Miller",
    "- Real Rivers of the NorthPaper\nThis paper examines rivers.\nEugene Rumer\n- UnpackingOther\nIt unpacks.\nA. B",
    "- commentaryReal Rivers of the North\n- NowQ&A\n- ConflictIn The Media",
    "• Commentary\n  Diwan\n  Could Rivers Solve It?\n\n  A teaser here.\n\n    Ada Byron\n\n• Paper\n  Seas\n\n  So.",
    "Real Rivers of the NorthPaper\nUnpacking the StrategyOther\n- +18",
)


@pytest.mark.parametrize("glue", ["\n", "", " "])
@pytest.mark.parametrize("disclaimer", DISCLAIMERS)
def test_a_disclaimer_of_any_center_ends_the_body(disclaimer: str, glue: str) -> None:
    assert read(page(f"{HEAD}{glue}{disclaimer}\nElse.")).body == PARAGRAPH


@pytest.mark.parametrize(
    "heading",
    [
        *("About the Author(s)", "About the Writer", "Информация об авторе", "Автор: Ада Байрон", "О авторе"),
        *("معلومات عن المؤلف", "المؤلفون", "الكاتب", "關於作者", "作者", "L’auteur", "Acerca del autor"),
        *("Über den Autor", "Новые материалы", "أعمال حديثة", "Publications récentes", "Trabajos recientes"),
        *("More from Carnegie Europe", "المزيد من كارنيغي", "更多卡内基作品", "Más trabajos de Carnegie"),
        *("Plus de travaux de Carnegie", "You May Also Like", "More Work by Ada Byron"),
    ],
)
def test_a_heading_of_a_box_ends_the_body(heading: str) -> None:
    assert read(page(f"{HEAD}\n{heading}\nAda Byron\n{BIOGRAPHY}\n{DISCLAIMER}")).body == PARAGRAPH


@pytest.mark.parametrize("heading", ["About the Author", "Recent Work", "More Work from Carnegie India"])
def test_a_heading_glued_to_the_last_sentence_ends_the_body(heading: str) -> None:
    assert read(page(f"{HEAD}{heading}\n- Real RiversPaper")).body == PARAGRAPH


@pytest.mark.parametrize("closing", ["\nRecent Work", f"\nRecent Work\n{DISCLAIMER}", "", f"\n{DISCLAIMER}"])
@pytest.mark.parametrize("listed", LISTS)
def test_a_list_of_other_items_is_not_the_body_with_or_without_its_heading(listed: str, closing: str) -> None:
    assert read(page(f"{HEAD}\n{listed}{closing}")).body == PARAGRAPH


@pytest.mark.parametrize("heading", ["Related Content", "Related Work", "Читайте также:", "مواضيع ذات صلة"])
def test_a_heading_above_a_list_of_other_items_goes_with_it(heading: str) -> None:
    found = read(page(f"{HEAD}\n{heading}\n{LISTS[0]}"))
    assert found.body == PARAGRAPH


@pytest.mark.parametrize(
    "box",
    [
        f"About the Author\nSenior Fellow\n{BIOGRAPHY}\nAbout the Author\nSenior Scholar\n{BIOGRAPHY}",
        f"Ada Byron\nSenior Fellow, Water Program\n{BIOGRAPHY}\nLi Wei\nNonresident Scholar\n{BIOGRAPHY}",
        "Ada Byron\nAda Byron was a fellow until 2020 and has written on many rivers.",
    ],
)
def test_biographies_below_a_text_are_not_the_body(box: str) -> None:
    assert read(page(f"{HEAD}\n{box}\n{DISCLAIMER}")).body == PARAGRAPH


@pytest.mark.parametrize(
    "line",
    [
        *("The commission does not take positions on boundaries, and it never did.", "- Read the World Bank Paper"),
        *("Евросоюз не занимает общей позиции по этому вопросу.", "Страны ЕС не имеют единой позиции по санкциям."),
        *("لا تتخذ الحكومة مواقف واضحة من الأزمة.", "ولا تعكس بالضرورة آراء الشارع.", "المؤلف لا يعرف ذلك."),
        *("中国不就南海问题采取官方立场。", "作者认为这是一个错误。", "Автор этих строк был в Москве."),
        *("More work from the commission is needed before the gauges can be read.", "Washington, Moscow, and more, …"),
        *("Ada Byron is right: rivers move.", "Director and actor alike agreed.", "MODERATOR: Welcome, everyone."),
    ],
)
def test_a_sentence_that_sounds_like_an_end_stays_with_what_follows(line: str) -> None:
    assert read(page(f"{HEAD}\n{line}\n{PARAGRAPH}\n{DISCLAIMER}")).body == f"{PARAGRAPH}\n\n{line}\n\n{PARAGRAPH}"


def test_a_publisher_behind_a_long_russian_header_does_not_end_the_text() -> None:
    head = f"Источник: Getty\nКомментарий\n{TITLE}\n{TEASER}\nAda Byron\nИсточник: Вода\n"
    article = read(page(f"{head}{PARAGRAPH}\n{DISCLAIMER}"))
    assert (article.originally_published_in, article.body) == ("Вода", PARAGRAPH)


@pytest.mark.parametrize("size", [14, 20, 30, 45, 80, 150])
def test_a_disclaimer_that_the_end_of_the_file_cut_short_is_not_the_body(size: int) -> None:
    assert read(page(f"{HEAD}\n{DISCLAIMER[:size]}")).body == PARAGRAPH
