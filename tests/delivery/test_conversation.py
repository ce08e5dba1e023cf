"""The SMTP conversation without a socket: what leaves, what comes back, what it means."""

from __future__ import annotations

import pytest

from newsletter.delivery.conversation import Conversation, Login
from newsletter.delivery.transport import Answered, Down, Envelope, Happening, Offered, Reply, Up

ONE = Envelope(1, b"b-1@b.example", b"a@r.example")
TWO = Envelope(2, b"b-2@b.example", b"b@r.example")
HELLO = b"220 r ESMTP\r\n"
ABLE = b"250-r\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"


def taken(conversation: Conversation) -> bytes:
    return b"".join(conversation.take())


def talk(able: bytes = ABLE, **how: object) -> Conversation:
    conversation = Conversation(name="me", **how)  # type: ignore[arg-type]
    conversation.receive(HELLO)
    assert taken(conversation) == b"EHLO me\r\n"
    conversation.receive(able)
    return conversation


def offered() -> Conversation:
    conversation = talk()
    conversation.offer(ONE)
    taken(conversation)
    assert conversation.receive(b"250 ok\r\n250 ok\r\n354 go\r\n") == [Offered(ONE)]
    return conversation


def test_with_pipelining_content_and_the_next_envelope_leave_together() -> None:
    conversation = offered()
    conversation.send(b"Subject: x\r\n\r\nHi\r\n", TWO)
    assert taken(conversation) == (
        b"Subject: x\r\n\r\nHi\r\n.\r\nMAIL FROM:<b-2@b.example>\r\nRCPT TO:<b@r.example>\r\nDATA\r\n"
    )
    assert conversation.receive(b"250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n") == [
        Answered(ONE, "answer", Reply(250, "2.0.0", "2.0.0 queued")),
        Offered(TWO),
    ]


ROUNDS = [
    b"250 2.0.0 queued as 4Y\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    b"250 2.0.0 queued as 4Y\r\n250 ok\r\n251 will forward\r\n354 \r\n",
    b"250-2.0.0 queued\r\n250 as 4Y\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    b"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n503 no\r\n",
    b"250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n",
    b"451 4.3.0 later\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    b"250 ok\r\n421 bye\r\n250 ok\r\n354 go\r\n",
    b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n",
    b"250 caf\xe9\r\n250 ok\r\n250 ok\r\n354 go\r\n",
    b"250 ok\n250 ok\n250 ok\n354 go\n",
    b"250 ok\r\n250 ok\r\n250 ok\r\n3544 go\r\n",
    b"250 " + b"x" * 3990 + b"\r\n250 ok\r\n250 ok\r\n354 go\r\n",
]


@pytest.mark.parametrize("answer", ROUNDS)
def test_an_answer_means_the_same_in_one_piece_and_octet_by_octet(answer: bytes) -> None:
    whole, pieces = offered(), offered()
    for conversation in (whole, pieces):
        conversation.send(b"Hi\r\n", TWO)
        taken(conversation)
    happenings: list[Happening] = []
    for octet in answer:
        happenings += [] if pieces.over else pieces.receive(bytes([octet]))
    assert whole.receive(answer) == happenings
    assert taken(whole) == taken(pieces)


def test_a_reset_before_an_envelope_is_no_answer_to_a_message() -> None:
    conversation = talk()
    conversation.offer(ONE)
    assert conversation.receive(b"250 ok\r\n550 5.1.1 no\r\n503 no\r\n")[-1] == Up()
    conversation.offer(TWO)
    assert conversation.receive(b"250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n") == [Offered(TWO)]


def test_without_pipelining_every_command_waits_for_its_answer() -> None:
    conversation = talk(b"250 r\r\n")
    sent = []
    conversation.offer(ONE)
    for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        sent.append(taken(conversation))
        last = conversation.receive(answer)
    assert sent == [b"MAIL FROM:<b-1@b.example>\r\n", b"RCPT TO:<a@r.example>\r\n", b"DATA\r\n"]
    assert last == [Offered(ONE)]
    conversation.send(b"Hi\r\n", TWO)
    assert taken(conversation) == b"Hi\r\n.\r\n"
    conversation.receive(b"250 ok\r\n")
    assert taken(conversation) == b"MAIL FROM:<b-2@b.example>\r\n"


def test_replies_may_come_octet_by_octet_and_in_many_lines() -> None:
    conversation = talk()
    conversation.offer(ONE)
    happenings: list[Happening] = []
    for octet in b"250-first\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such\r\n503 no\r\n":
        happenings += conversation.receive(bytes([octet]))
    assert happenings == [Answered(ONE, "rcpt", Reply(550, "5.1.1", "5.1.1 no 5.1.1 such")), Up()]


def test_after_a_refused_recipient_the_transaction_is_reset() -> None:
    conversation = talk()
    conversation.offer(ONE)
    taken(conversation)
    conversation.receive(b"250 ok\r\n550 no\r\n554 no\r\n")
    conversation.offer(TWO)
    assert taken(conversation).startswith(b"RSET\r\nMAIL FROM:<b-2@b.example>\r\n")
    assert conversation.receive(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n") == [Offered(TWO)]


def test_content_wanted_after_a_refused_recipient_ends_the_connection_without_a_lone_dot() -> None:
    conversation = talk()
    conversation.offer(ONE)
    taken(conversation)
    happenings = conversation.receive(b"250 ok\r\n550 no\r\n354 go\r\n")
    assert [type(happening) for happening in happenings] == [Answered, Down]
    assert taken(conversation) == b""


def test_a_connection_lost_after_the_dot_leaves_that_message_unanswered() -> None:
    conversation = offered()
    conversation.send(b"Hi\r\n", TWO)
    [down] = conversation.lost("gone")
    assert isinstance(down, Down)
    assert down.unanswered is ONE


def test_a_connection_lost_before_the_content_leaves_nothing_unanswered() -> None:
    [down] = offered().lost("gone")
    assert isinstance(down, Down)
    assert down.unanswered is None


def test_421_before_the_content_is_about_the_connection_and_after_the_dot_about_the_message() -> None:
    conversation = offered()
    conversation.send(b"Hi\r\n", None)
    assert conversation.receive(b"421 4.3.2 closing\r\n") == [
        Answered(ONE, "answer", Reply(421, "4.3.2", "4.3.2 closing")),
        Up(),
    ]
    other = talk()
    other.offer(ONE)
    [down] = other.receive(b"421 4.3.2 closing\r\n")
    assert isinstance(down, Down)
    assert down.unanswered is None


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("5.1.1 кто это?".encode(), "5.1.1 кто это?"),
        ("5.1.1 boîte inconnue".encode("latin-1"), "5.1.1 boîte inconnue"),
        (b"5.1.1 no\0body", "5.1.1 nobody"),  # no database keeps a NUL
        (b"5.1.1 <script>\x1b[2J\x9b</script>", "5.1.1 <script>\x1b[2J\x9b</script>"),
    ],
)
def test_the_relay_s_words_are_kept_whatever_they_are(octets: bytes, words: str) -> None:
    conversation = talk()
    conversation.offer(ONE)
    [answered, _] = conversation.receive(b"250 ok\r\n550 " + octets + b"\r\n503 no\r\n")
    assert answered == Answered(ONE, "rcpt", Reply(550, "5.1.1", words))


@pytest.mark.parametrize(
    "garbage",
    [b"hello there\r\n", b"2x0 ok\r\n", b"250" + b"x" * 9000, b"250-a\r\n" * 200, b"\x00\xff\r\n"],
)
def test_garbage_ends_the_connection_and_is_not_kept(garbage: bytes) -> None:
    conversation = offered()
    conversation.send(b"Hi\r\n", None)
    happenings = conversation.receive(garbage)
    assert [type(happening) for happening in happenings] == [Down]
    assert happenings[0].unanswered is ONE  # type: ignore[union-attr]


def test_starttls_that_is_required_but_missing_sends_nothing_in_clear() -> None:
    conversation = Conversation(name="me", login=Login("u", "p"), starttls="required")
    conversation.receive(HELLO)
    taken(conversation)
    [down] = conversation.receive(b"250-r\r\n250 AUTH PLAIN\r\n")
    assert isinstance(down, Down)
    assert taken(conversation) == b""


def test_octets_behind_the_yes_to_starttls_end_the_connection() -> None:
    conversation = Conversation(name="me", starttls="required")
    conversation.receive(HELLO)
    conversation.receive(b"250-r\r\n250 STARTTLS\r\n")
    conversation.receive(b"220 go\r\n250-injected\r\n")
    assert not conversation.wants_tls


def test_inside_tls_everything_starts_over_and_the_login_follows() -> None:
    conversation = Conversation(name="me", login=Login("ada", "pw"), starttls="required")
    conversation.receive(HELLO)
    conversation.receive(b"250-r\r\n250 STARTTLS\r\n")
    taken(conversation)
    conversation.receive(b"220 go\r\n")
    assert conversation.wants_tls
    conversation.secure()
    assert taken(conversation) == b"EHLO me\r\n"
    conversation.receive(b"250-r\r\n250-AUTH LOGIN PLAIN\r\n250 PIPELINING\r\n")
    assert taken(conversation) == b"AUTH PLAIN AGFkYQBwdw==\r\n"
    assert conversation.receive(b"235 welcome\r\n") == [Up()]


def test_auth_login_answers_both_questions_and_a_refusal_says_so() -> None:
    conversation = talk(b"250-r\r\n250 AUTH LOGIN\r\n", login=Login("ada", "pw"), secured=True)
    assert taken(conversation) == b"AUTH LOGIN\r\n"
    conversation.receive(b"334 VXNlcm5hbWU6\r\n")
    assert taken(conversation) == b"YWRh\r\n"
    conversation.receive(b"334 UGFzc3dvcmQ6\r\n")
    assert taken(conversation) == b"cHc=\r\n"
    [down] = conversation.receive(b"535 5.7.8 no\r\n")
    assert isinstance(down, Down)
    assert (down.phase, down.reply) == ("auth", Reply(535, "5.7.8", "5.7.8 no"))


def test_smtputf8_is_asked_for_only_where_the_recipient_needs_it() -> None:
    conversation = talk(b"250-r\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n")
    assert conversation.offers_utf8
    conversation.offer(Envelope(3, b"b@b.example", "ада@r.example".encode(), utf8=True))
    assert taken(conversation).startswith(b"MAIL FROM:<b@b.example> SMTPUTF8\r\n")


def test_what_stood_whole_before_an_endless_line_is_heard() -> None:
    conversation = offered()
    conversation.send(b"Hi\r\n", TWO)
    happenings = conversation.receive(b"250 2.0.0 ok\r\n250 ok\r\n250 " + b"a" * 100_000)
    assert [type(happening) for happening in happenings] == [Answered, Down]
    assert happenings[1] == Down("rcpt", "the relay answered with something that is no SMTP reply")


@pytest.mark.parametrize("phase", ["rcpt", "data"])
def test_a_relay_that_is_out_of_step_refuses_nobody(phase: str) -> None:
    conversation = talk()
    conversation.offer(ONE)
    answer = b"250 ok\r\n" * (1 if phase == "rcpt" else 2) + b"503 5.5.1 MAIL first\r\n"
    reply = Reply(503, "5.5.1", "5.5.1 MAIL first")
    assert conversation.receive(answer) == [Down(phase, "5.5.1 MAIL first", None, reply)]
