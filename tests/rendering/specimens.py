"""Digests of an invented newsroom in several languages, small enough to read and hard enough to break templates."""

from __future__ import annotations

from dataclasses import replace

from newsletter.rendering.digest import Brand, Digest, Image, Item, Section

NONCE = "0123456789abcdef"
BRAND = Brand(name="Meridian Institute", accent="#1f4e79", accent_dark="#8ab8e6")
POSTAL_ADDRESS = "1780 Harbor Avenue NW, Washington, DC 20036, USA"
DISCLAIMER = (
    "Meridian Institute does not take institutional positions on public policy issues; the views represented herein "
    "are those of the author(s) and do not necessarily reflect the views of Meridian Institute, its staff, or its "
    "trustees."
)

_ENGLISH = (
    (
        "Commentary",
        "What the New Grain Corridor Changes, and What It Does Not",
        "Ships are moving again, insurers are not convinced, and farmers upriver still wait for buyers. The corridor "
        "buys time for a harvest; it does not settle who guards the route when the season ends.",
        "Ingrid Halvorsen and Tomás Iriarte",
    ),
    (
        "Paper",
        "Rivers Without Treaties: Sharing Water Where Maps Disagree",
        "Of the 310 rivers that cross a border, fewer than half are covered by any agreement. A new paper looks at six "
        "basins that managed without one, and asks what the others could borrow.",
        "Amal Haddad, Sunil Rao, and Li Wen",
    ),
    (
        "Q&A",
        "Why Central Banks Are Buying Gold Again",
        "Three reasons, and one that is often named but does not hold.",
        "Petra Novák",
    ),
    (
        "Report",
        "The Long Repair: Rebuilding City Halls After War",
        "Mayors who kept the registry offices open during the fighting recovered years earlier than those who did not.",
        "Olena Marchenko, Daniel Osei, and others",
    ),
    (
        "Commentary",
        "A Quiet Election With Loud Consequences",
        "Turnout fell to 41 percent, yet the new parliament can rewrite the constitution on its own.",
        "Nadia Ben Youssef",
    ),
    ("Podcast", "The Chip Rules Nobody Enforces", "", "Meridian Technology Program"),
    (
        "Article",
        "How Coastal Towns Learned to Budget for Storms",
        "Insurance alone does not rebuild a pier. Four towns show what a reserve fund does, and what it costs.",
        "Marisol Quintana",
    ),
    (
        "Commentary",
        "The Alliance After the Summit",
        "The communiqué is long, the list of pledges longer. What counts is the part on munitions, a single paragraph.",
        "Jean-Luc Ferrand and Aiko Tanabe",
    ),
    (
        "Paper",
        "Measuring Trust in Courts: Evidence From Nine Countries",
        "People who lost their case trust the court almost as much as those who won, as long as the hearing was short.",
        "Ewa Lewandowska",
    ),
    (
        "In the media",
        "“The Grid Is the Foreign Policy Now”",
        "An interview on undersea cables, transformers, and the long queue for both.",
        "Karim Soliman",
    ),
)
_ARABIC = (
    (
        "تعليق",
        "ماذا يغيّر ممرّ الحبوب الجديد وماذا لا يغيّر؟",
        "عادت السفن إلى الإبحار، لكن شركات التأمين لم تقتنع بعد، والمزارعون ما زالوا ينتظرون المشترين. يمنح الممرّ وقتاً "
        "لموسم واحد (2026)، ولا يحسم مَن يحرس الطريق.",
        "أمل حداد وكريم سليمان",
    ),
    (
        "ورقة بحثية",
        "أنهار بلا معاهدات: تقاسم المياه حين تختلف الخرائط",
        "من أصل 310 أنهار عابرة للحدود، أقلّ من النصف تغطّيه اتفاقية.",
        "نادية بن يوسف",
    ),
    (
        "مقال",
        "انتخابات هادئة وعواقب صاخبة",
        "تراجعت نسبة المشاركة إلى 41%، ومع ذلك يستطيع البرلمان تعديل الدستور وحده.",
        "\u2068Ingrid Halvorsen\u2069 وأمل حداد",
    ),
)
_CHINESE = (
    (
        "评论",
        "新的粮食走廊改变了什么，没有改变什么",
        "船只重新起航，保险公司仍有疑虑，上游的农民还在等待买家。走廊为一季收成赢得了时间，却没有解决季节结束后由谁守护航线的问题。",
        "哈尔沃森、李文",
    ),
    (
        "论文",
        "没有条约的河流：地图不一致时如何分享水资源",
        "在310条跨界河流中，有协议覆盖的不到一半。新论文考察了六个流域。",
        "李文",
    ),
    ("问答", "各国央行为何再次购入黄金？", "三个理由，以及一个常被提起却站不住脚的理由。", "彼得拉·诺瓦克"),
)


def english(number: int = 10, *, images: int = 5) -> Digest:
    """A weekly with ``number`` articles, the first ``images`` of them with pictures."""
    items = tuple(item(index, *_ENGLISH[index % len(_ENGLISH)], pictured=index < images) for index in range(number))
    sections = (
        Section("Analysis", items[:5]),
        Section("Papers and reports", items[5:8]),
        Section("In the media", items[8:]),
    )
    return Digest(
        newsletter="ctw",
        title="This Week at Meridian",
        language="en",
        direction="ltr",
        date="Thursday, November 26, 2026",
        subject="What the new grain corridor changes",
        preheader="Rivers without treaties · Why central banks are buying gold again · The long repair",
        sections=tuple(section for section in sections if section.items),
        brand=BRAND,
        sender="Meridian Institute",
        postal_address=POSTAL_ADDRESS,
        note="The harvest is in and the ships are moving. This week we look at what comes after a deal: who pays, who "
        "guards, and who was left out of the room.",
        disclaimers=(DISCLAIMER,),
    )


def arabic() -> Digest:
    """A weekly from right to left, with a Latin name and digits inside."""
    return _translated(
        "ar",
        "rtl",
        "تحوّلات الشرق الأوسط",
        "الخميس، ٢٦ نوفمبر ٢٠٢٦",
        ("تحليلات", "من المركز"),
        _ARABIC,
        sender="مركز ميريديان للشرق الأوسط",
        note="وصل الموسم إلى نهايته وعادت السفن إلى البحر. في هذا العدد ننظر في ما يأتي بعد الاتفاق.",
        disclaimer="لا يتخذ مركز ميريديان للشرق الأوسط مواقف مؤسسية من قضايا السياسات العامة؛ "
        "والآراء الواردة هنا تعبّر عن كتّابها.",
        brand=Brand(name="مركز ميريديان للشرق الأوسط", accent="#0b6b57", accent_dark="#7fd6c2"),
    )


def chinese() -> Digest:
    """A weekly without spaces between words."""
    return _translated(
        "zh",
        "ltr",
        "亚洲观察",
        "2026年11月26日星期四",
        ("分析", "论文与报告"),
        _CHINESE,
        sender="子午线研究所",
        note="收获已毕，船只再度起航。本期关注协议之后的事：谁出资，谁守护，谁缺席。",
        disclaimer="子午线研究所在公共政策问题上不持机构立场；文中观点仅代表作者本人。",
        brand=Brand(name="子午线研究所", accent="#8a2b2b", accent_dark="#f0a3a3"),
    )


def item(index: int, label: str, headline: str, teaser: str, byline: str, *, pictured: bool = False) -> Item:
    """One article."""
    image = Image(
        url=f"https://www.meridian-institute.example/images/{index}.jpg",
        alt=f"Picture {index} of a harbour at dawn",
        credit="R. Okafor/Harbor Photos",
        width=1200,
        height=800,
    )
    return Item(
        article_id=index + 1,
        headline=headline,
        teaser=teaser,
        byline=byline,
        url=f"https://www.meridian-institute.example/articles/{index + 1}?lang=en&from=ctw",
        label=label,
        image=image if pictured else None,
        published_in="The Harbor Review" if index == 4 else "",
    )


def _translated(
    language: str,
    direction: str,
    title: str,
    date: str,
    parts: tuple[str, str],
    texts: tuple[tuple[str, str, str, str], ...],
    *,
    sender: str,
    note: str,
    disclaimer: str,
    brand: Brand,
) -> Digest:
    items = tuple(
        replace(item(index, *text, pictured=index < 2), language=language, direction=direction)
        for index, text in enumerate(texts)
    )
    return replace(
        english(0),
        title=title,
        language=language,
        direction=direction,
        date=date,
        subject=items[0].headline,
        preheader=items[0].teaser[:100],
        sections=(Section(parts[0], items[:2]), Section(parts[1], items[2:])),
        brand=brand,
        sender=sender,
        note=note,
        disclaimers=(disclaimer,),
    )
