"""Teasers end where a reader of their language would end them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.teaser import ELLIPSIS, LONGEST, LONGEST_CJK, fit

HARD = [
    # abbreviations, titles, initials, dates, numbers
    ("en", "The U.S. Congress met on Jan. 5, 2024, and passed nothing. It will try again in spring.", 70,
     "The U.S. Congress met on Jan. 5, 2024, and passed nothing."),
    ("en", "Dr. Lee told Sen. Ruiz of 3.5 percent. Nobody else listened to her.", 45,
     "Dr. Lee told Sen. Ruiz of 3.5 percent."),
    ("en", "It is told in No. 5 of the review, p. 12. The rest is silence and more of it.", 50,
     "It is told in No. 5 of the review, p. 12."),
    ("en", "He simply said no. Then he left the room and the city in one night.", 24, "He simply said no."),
    ("en", "The firm Acme Inc. grew fast. It was bought by Widget Co. and closed. Nobody knew.", 32,
     "The firm Acme Inc. grew fast."),
    ("en", "The model of J. R. R. Smith held. Its critics did not hold out for as long.", 44,
     "The model of J. R. R. Smith held."),
    ("en", "The court met at 5 p.m. on Monday. It ruled on the same night, by five to four.", 45,
     "The court met at 5 p.m. on Monday."),
    ("fr", "M. Dupont a dit « Non. Jamais. » Il est parti. Puis il est revenu pour de bon.", 52,
     "M. Dupont a dit « Non. Jamais. » Il est parti."),
    ("fr", "Selon l’art. 5 de la loi, p. ex. le port, tout est permis. La suite au prochain numéro.", 62,
     "Selon l’art. 5 de la loi, p. ex. le port, tout est permis."),
    ("fr", "Mme Curie et le Dr. Roux, c.-à-d. deux savants, s’accordent. Les autres se taisent encore.", 66,
     "Mme Curie et le Dr. Roux, c.-à-d. deux savants, s’accordent."),
    ("ru", "А. С. Пушкин жил в г. Пскове, т. е. в России. Он писал стихи и письма друзьям.", 50,
     "А. С. Пушкин жил в г. Пскове, т. е. в России."),
    ("ru", "Порты, верфи, доки и т. д. выросли. Потом пришёл кризис, и всё остановилось.", 42,
     "Порты, верфи, доки и т. д. выросли."),
    ("ru", "В 2019 г. порт вырос на 3,5 процента. Потом пришёл кризис, и всё остановилось.", 45,
     "В 2019 г. порт вырос на 3,5 процента."),
    ("ar", "قال د. أحمد إن النمو بلغ 3.5 في المئة. ثم صمت طويلاً ولم يجب عن الأسئلة.", 45,
     "قال د. أحمد إن النمو بلغ 3.5 في المئة."),
    ("zh", "增长率为3.5%，高于预期。之后一切停止，没有人知道原因，也没有人问。", 20,
     "增长率为3.5%，高于预期。"),
    ("es", "Los EE. UU. firmaron el texto con 2.500 págs. de anexos. Luego se fueron todos.", 60,
     "Los EE. UU. firmaron el texto con 2.500 págs. de anexos."),
    ("es", "El Sr. Pérez y la Dra. Ruiz llegaron tarde. Nadie los esperaba ya en el puerto.", 50,
     "El Sr. Pérez y la Dra. Ruiz llegaron tarde."),
    # quotations, brackets, nested ones
    ("en", "He asked, “Who said ‘never’? Not I.” The room laughed. Then the lights went out.", 56,
     "He asked, “Who said ‘never’? Not I.” The room laughed."),
    ("en", "The plan (see p. 12. It is long.) failed. It will not come back in this form.", 48,
     "The plan (see p. 12. It is long.) failed."),
    ("en", "“We won. Everyone knows it. Nobody says it,” he said. The rest was noise and more noise.", 60,
     "“We won. Everyone knows it. Nobody says it,” he said."),
    ("ru", "«Порт растёт. И будет расти», — сказал мэр. Потом он ушёл и больше не вернулся.", 50,
     "«Порт растёт. И будет расти», — сказал мэр."),
    ("zh", "他说：“我们不去。永远不。”然后他走了。后来呢？没有人知道，也没有人问。", 20,
     "他说：“我们不去。永远不。”然后他走了。"),
    ("zh", "报告称：「『没有』不是答案。」会议结束了。之后的事情没有人记得清楚。", 22,
     "报告称：「『没有』不是答案。」会议结束了。"),
    # marks of other scripts, ellipses, questions
    ("ar", "هل نما الميناء بسرعة؟ نعم؛ ثم توقف. انتهى الأمر عند هذا الحد ولم يعد أحد.", 40,
     "هل نما الميناء بسرعة؟ نعم؛ ثم توقف."),
    ("ar", "لماذا تأخر الاتفاق كل هذا الوقت؟ الجواب في مكان آخر لا يعرفه أحد بعد.", 36,
     "لماذا تأخر الاتفاق كل هذا الوقت؟"),
    ("es", "¿Vendrán, quizás, los barcos? Nadie lo sabe. Las dudas siguen, y son muchas.", 46,
     "¿Vendrán, quizás, los barcos? Nadie lo sabe."),
    ("es", "¡Qué sorpresa, dijo el alcalde! Y se marchó. Después no volvió nadie más por allí.", 34,
     "¡Qué sorpresa, dijo el alcalde!"),
    ("en", "They waited… and waited. Nothing came of it in the end, as so often before.", 30,
     "They waited… and waited."),
]  # fmt: skip

NOT_CUT_AWAY = [
    ("en", "The committee found that the minister is not guilty of the charges that were brought", 42,
     "The committee found that the minister…"),
    ("en", "The port will grow in spring, but not before the law is passed by both houses", 45,
     "The port will grow in spring, but not before…"),
    ("en", "The ministry says the war is over at last. But nobody believes it. More follows.", 70,
     "The ministry says the war is over at last. But nobody believes it."),
    ("fr", "L’accord tient depuis un an dans tout le pays, sauf dans le nord où rien ne va", 58,
     "L’accord tient depuis un an dans tout le pays, sauf dans…"),
    ("fr", "La commission a conclu que le ministre n’est pas coupable des faits reprochés", 42,
     "La commission a conclu que le…"),
    ("ru", "Комиссия решила, что министр не виновен в том, в чём его обвиняла оппозиция", 32,
     "Комиссия решила…"),
    ("ar", "قالت اللجنة إن الوزير لم يرتكب ما نُسب إليه في التقرير الأخير من مخالفات", 26, "قالت اللجنة إن…"),
    ("zh", "央行行长表示今年的通货膨胀率将不会超过百分之三点五的目标水平", 17, "央行行长表示今年的通货膨胀率…"),
    ("es", "La comisión dictaminó que el ministro no cometió los delitos que se le imputan", 41,
     "La comisión dictaminó que el…"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "longest", "fitted"), HARD)
def test_it_ends_with_a_whole_sentence(language: str, text: str, longest: int, fitted: str) -> None:
    assert fit(text, longest=longest, language=language) == fitted


@pytest.mark.parametrize(("language", "text", "longest", "fitted"), NOT_CUT_AWAY)
def test_what_takes_back_what_was_said_is_never_cut_away(language: str, text: str, longest: int, fitted: str) -> None:
    assert fit(text, longest=longest, language=language) == fitted


def test_a_sentence_that_the_next_one_takes_back_gives_way_to_one_that_stands() -> None:
    text = "Ships sail again and the war is over. Nobody fires. But it goes on at sea, say captains."
    assert fit(text, longest=52, language="en") == "Ships sail again and the war is over."


@pytest.mark.parametrize(
    ("text", "longest", "fitted"),
    [
        ("Shares rose by 12 500 points and fell by 3.5 percent in the week that followed it", 19, "Shares rose by…"),
        ("The speech was given by Maria Fernandez in the old harbor of the city", 32, "The speech was given by…"),
        ("The committee heard Gen. Marshall and his staff for hours without a break", 25, "The committee heard…"),
    ],
)
def test_numbers_names_and_titles_are_not_torn(text: str, longest: int, fitted: str) -> None:
    assert fit(text, longest=longest, language="en") == fitted


def test_a_question_that_is_open_is_not_ended_inside() -> None:
    text = "¿Por qué, entonces, los barcos que llegan de lejos no se detienen en el puerto viejo?"
    assert fit(text, longest=40, language="es") == "¿Por qué, entonces, los barcos que…"


def test_spaces_that_must_not_break_are_kept() -> None:
    text = "Il a dit «\u202fNon\u202f» à 12\u00a0500 marins."
    assert fit(text, language="fr") == text


def test_other_blanks_are_one_space() -> None:
    assert fit(" One\n\n two\t three. ") == "One two three."


def test_no_ellipsis_follows_an_ellipsis() -> None:
    assert not fit("And so it went on and on ... and then it was over for good", longest=29).endswith("...…")


def test_chinese_has_room_for_fewer_signs() -> None:
    assert len(fit("港口很大" * 200)) == LONGEST_CJK
    assert LONGEST_CJK < len(fit("A long word " * 90)) <= LONGEST


@given(st.text(max_size=400), st.sampled_from(["en", "fr", "ru", "ar", "zh", "es", "", "tlh"]), st.integers(20, 120))
def test_whatever_it_is_it_fits_and_is_a_beginning(text: str, language: str, longest: int) -> None:
    fitted = fit(text, longest=longest, language=language)
    whole = fit(text, longest=10_000)
    assert len(fitted) <= longest
    assert whole.startswith(fitted.removesuffix(ELLIPSIS)) or whole == fitted
