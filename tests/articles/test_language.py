"""The language of an article when nobody said it."""

from __future__ import annotations

import pytest

from newsletter.articles.language import language_of


@pytest.mark.parametrize(
    ("url", "text", "language"),
    [
        ("https://x.org/ru/2020/01/rivers", "The rivers of the world", "ru"),
        ("https://x.org/2020/01/rivers?lang=ar", "The rivers of the world", "ar"),
        ("https://x.org/russia-eurasia/2020/01/rivers", "The rivers of the world", "en"),
        ("", "Почему реки не знают границ", "ru"),
        ("", "Чому річки не знають кордонів і її", "uk"),
        ("", "هل تنجح المفاوضات حول مياه النيل", "ar"),
        ("", "چرا رودخانه‌ها مرز نمی‌شناسند گ", "fa"),
        ("", "河流无国界：共享水资源的政治", "zh"),
        ("", "川には国境がない", "ja"),
        ("", "Pourquoi les fleuves ignorent les frontières dans le monde", "fr"),
        ("", "Por qué los ríos no conocen las fronteras", "es"),
        ("", "Nehirler neden sınır tanımaz ve bu ne için", "tr"),
        ("http://[broken", "", ""),
        ("", "Lorem ipsum dolor sit amet consectetur di elit sed eiusmod tempor", ""),
    ],
)
def test_address_then_script_then_small_words_tell(url: str, text: str, language: str) -> None:
    assert language_of(url, text) == language
