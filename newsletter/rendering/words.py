"""The interface words of digests, by language; an unknown language gets English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RTL = frozenset({"ar", "fa", "he", "ur"})

_WORDS = {
    "en": {
        "in_this_issue": "In this issue",
        "read": "Read more",
        "published_in": "Originally published in {where}",
        "photo": "Photo: {who}",
        "why": "You receive {title} because you subscribed to it.",
        "sent_to": "This copy is for {address}.",
        "unsubscribe": "Unsubscribe",
        "preferences": "Preferences",
        "view": "View in browser",
        "others": "and others",
    },
    "fr": {
        "in_this_issue": "Dans ce numéro",
        "read": "Lire la suite",
        "published_in": "Initialement publié dans {where}",
        "photo": "Photo : {who}",
        "why": "Vous recevez {title} parce que vous y êtes abonné.",
        "sent_to": "Cet exemplaire est destiné à {address}.",
        "unsubscribe": "Se désabonner",
        "preferences": "Préférences",
        "view": "Voir dans le navigateur",
        "others": "et autres",
    },
    "ru": {
        "in_this_issue": "В этом выпуске",
        "read": "Читать далее",
        "published_in": "Впервые опубликовано: {where}",
        "photo": "Фото: {who}",
        "why": "Вы получаете рассылку «{title}», потому что подписались на неё.",
        "sent_to": "Этот экземпляр отправлен на адрес {address}.",
        "unsubscribe": "Отписаться",
        "preferences": "Настройки",
        "view": "Открыть в браузере",
        "others": "и другие",
    },
    "ar": {
        "in_this_issue": "في هذا العدد",
        "read": "اقرأ المزيد",
        "published_in": "نُشر أولاً في {where}",
        "photo": "الصورة: {who}",
        "why": "تصلك نشرة {title} لأنك اشتركت فيها.",
        "sent_to": "هذه النسخة مرسلة إلى {address}.",
        "unsubscribe": "إلغاء الاشتراك",
        "preferences": "التفضيلات",
        "view": "عرض في المتصفح",
        "others": "وآخرون",
    },
    "zh": {
        "in_this_issue": "本期内容",
        "read": "阅读全文",
        "published_in": "原载于{where}",
        "photo": "图片：{who}",
        "why": "您收到《{title}》，是因为您订阅了它。",
        "sent_to": "本邮件发送至 {address}。",
        "unsubscribe": "退订",
        "preferences": "偏好设置",
        "view": "在浏览器中查看",
        "others": "等",
    },
    "es": {
        "in_this_issue": "En este número",
        "read": "Leer más",
        "published_in": "Publicado originalmente en {where}",
        "photo": "Foto: {who}",
        "why": "Recibe {title} porque se suscribió.",
        "sent_to": "Este ejemplar es para {address}.",
        "unsubscribe": "Cancelar la suscripción",
        "preferences": "Preferencias",
        "view": "Ver en el navegador",
        "others": "y otros",
    },
}


def words(language: str) -> Mapping[str, str]:
    """Return the words of a language tag ("pt-BR" looks under "pt")."""
    return MappingProxyType(_WORDS.get(language.split("-")[0].lower(), _WORDS["en"]))


def direction(language: str) -> str:
    """Return "rtl" for languages written from right to left, else "ltr"."""
    return "rtl" if language.split("-")[0].lower() in RTL else "ltr"
