"""What a mail says, to whom, in which language, and what happens when it cannot be sent."""

from datetime import timedelta
from email.utils import parseaddr

import pytest
import time_machine

from community.brands.queries import the_brand
from community.events import MemberErased
from community.kernel.bus import publish
from community.kernel.db import db, now
from community.notifications import letters, mail
from community.threads import removal
from tests.conftest import who
from tests.factories import LUNE, VELORA

MARKS = {LUNE: ("Maison Lune", "lune"), VELORA: ("Velora", "velora")}
WORD_JOINER = "\u2060"


def parts(message) -> tuple[str, str]:
    text = message.get_body(("plain",)).get_content()
    return text, message.get_body(("html",)).get_content()


def told_by_mail(here, postbox, body="Hello @ada"):
    here.start("ben", body=body)
    here.settle()
    return postbox.messages[-1]


@pytest.mark.parametrize("brand_id", [LUNE, VELORA])
def test_a_mail_comes_from_its_brand_and_names_no_other(community, postbox, brand_id):
    message = told_by_mail(community(brand_id), postbox)
    name, slug = MARKS[brand_id]
    _other_name, other = MARKS[LUNE + VELORA - brand_id]
    assert parseaddr(message["From"]) == (name, f"hello@{slug}.example")
    assert message["Message-ID"].endswith(f".{slug}@{slug}.example>")
    assert f"http://{slug}.localhost/t/" in parts(message)[0]
    assert other not in message.as_string().lower()


def test_headers_say_that_no_person_wrote_it_and_how_to_stop_it(lune, postbox):
    message = told_by_mail(lune, postbox)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"].startswith("<http://lune.localhost/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Reply-To"] is None
    assert message["Date"].datetime.tzinfo is not None


def test_mails_of_one_thread_hang_together(lune, postbox):
    thread = lune.start("ada", body="Hello @cleo")
    lune.reply("ben", thread, body="Hello @cleo")
    lune.settle()
    roots = {message["References"] for message in postbox.messages}
    assert len(postbox.messages) == 3
    assert roots == {f"<thread-{thread}.lune@lune.example>"}
    assert len({message["Message-ID"] for message in postbox.messages}) == 3


@pytest.mark.parametrize(("own", "lang"), [(None, "fr"), ("en", "en"), ("zz", "fr")])
def test_a_mail_speaks_the_language_of_its_reader(lune, postbox, own, lang):
    lune.change("ada", locale=own)
    assert f'<html lang="{lang}"' in parts(told_by_mail(lune, postbox))[1]


def test_both_parts_say_the_same_and_end_with_the_reason(lune, postbox):
    lune.change("ada", locale="en")
    text, html = parts(told_by_mail(lune, postbox, body="Hello @ada, about “oils” & <creams>"))
    for part in (text, html):
        assert "Ben mentioned you" in part
        assert "You get this because" in part
    assert "“oils” & <creams>" in text
    assert "“oils” &amp; &lt;creams&gt;" in html


def test_the_switch_to_dark_keeps_the_brands_colours(lune, postbox):
    _text, html = parts(told_by_mail(lune, postbox))
    assert "prefers-color-scheme:dark" in html
    assert "var(--" not in html


NAMES = [
    "http://evil.example/win",
    "www.evil.example",
    "evil.example",
    "write to ada@evil.example",
    "//evil.example",
    "Zoë évil.example",
]
TOKENS = [
    "{name} {0}",
    "%(name)s %s %",
    "[[global:home]] {{ 7*7 }}",
    "<b>Bold</b> & Co",
    "@everyone",
]


def test_a_name_that_looks_like_a_link_is_shown_and_not_linked(lune, postbox):
    for name in NAMES:
        lune.change("ben", name=name)
        text, html = parts(told_by_mail(lune, postbox))
        assert name not in text and name not in html
        assert name in text.replace(WORD_JOINER, "")
        assert f'href="{name}' not in html


def test_a_name_with_tokens_of_ours_comes_through_unchanged(lune, postbox):
    for name in TOKENS:
        lune.change("ben", name=name)
        text, _html = parts(told_by_mail(lune, postbox))
        assert name in text


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x1b\n"])
def test_names_and_titles_with_line_ends_add_no_header_and_no_recipient(lune, postbox, line_end):
    evil = f"Ben{line_end}Bcc: victim@example.com{line_end}{line_end}Free things"
    with lune.open():
        the_brand().mail_name = evil
        who("ben").name = evil
        with mail.speaking_to(who("ada")):
            mail.queue(
                who("ada"),
                "joined-again",
                "joined-again",
                subject=f"Subject{line_end}Bcc: victim@example.com",
                reason=evil,
                preheader=evil,
                url="http://lune.localhost/",
            )
    lune.settle()
    assert postbox.envelopes == [("hello@lune.example", ["ada@example.com"])]
    assert postbox.messages[0]["Bcc"] is None
    assert "\n" not in postbox.messages[0]["From"]


def test_a_brand_without_an_address_of_its_own_writes_from_its_host(lune, postbox):
    with lune.open():
        the_brand().mail_address = ""
    assert parseaddr(told_by_mail(lune, postbox)["From"])[1] == "no-reply@lune.localhost"


def test_an_address_on_an_international_domain_is_reached(lune, postbox):
    lune.change("ada", email="ada@crème-brûlée.example")
    told_by_mail(lune, postbox)
    assert postbox.envelopes[0][1] == ["ada@xn--crme-brle-13ar8s.example"]


# -- Sending and failing ---------------------------------------------------


def test_what_is_sent_is_forgotten_but_for_the_line(lune, postbox):
    told_by_mail(lune, postbox)
    (line,) = lune.mails()
    assert line.sent_at is not None
    assert (line.text, line.html, line.headers) == ("", "", {})
    assert (line.kind, line.to) == ("mention", "ada@example.com")


def test_a_mail_waits_while_the_server_is_down_and_is_then_sent_once(lune, postbox):
    postbox.refuse = "451 try later"
    lune.start("ben", body="Hello @ada")
    lune.settle(failing=True)
    assert postbox.messages == []
    assert lune.mails()[0].sent_at is None
    postbox.refuse = None
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        lune.settle()
        lune.settle()
    assert len(postbox.messages) == 1


def test_a_recipient_refused_for_good_is_not_tried_again(lune, postbox):
    postbox.refuse_recipient = "550 no such mailbox"
    lune.start("ben", body="Hello @ada")
    lune.settle()
    (line,) = lune.mails()
    assert postbox.messages == []
    assert line.sent_at is None and "no such mailbox" in line.refused
    assert (line.text, line.html) == ("", "")


@pytest.mark.parametrize("act", [removal.hide, removal.delete])
def test_a_mail_about_a_post_removed_meanwhile_is_never_sent(lune, postbox, act):
    postbox.refuse = "451 try later"
    thread = lune.start("ben", body="Secret words for @ada")
    lune.settle(failing=True)
    lune.act(act, "mod", lune.opening(thread), reason="Not for this place at all")
    postbox.refuse = None
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        lune.settle()
    assert postbox.messages == [] and lune.mails() == []


def test_a_mail_stopped_meanwhile_is_never_sent(lune, postbox):
    postbox.refuse = "451 try later"
    lune.start("ben", body="Hello @ada")
    lune.settle(failing=True)
    lune.change("ada", mails_mentions=False)
    postbox.refuse = None
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        lune.settle()
    assert postbox.messages == []


def test_whoever_has_left_gets_no_mail_and_leaves_no_line(lune, postbox):
    postbox.refuse = "451 try later"
    lune.start("ben", body="Hello @ada")
    lune.settle(failing=True)
    with lune.open():
        ada = who("ada")
        ada.erased_at, ada.email, ada.email_key = now(), None, None
        publish(MemberErased(member_id=ada.id))
    postbox.refuse = None
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        lune.settle()
    assert postbox.messages == [] and lune.mails() == [] and lune.told() == []


def test_a_mail_queued_in_a_change_that_is_rolled_back_does_not_exist(lune, postbox):
    with lune.open():
        letters.mail_password_changed(letters.PasswordChanged(member_id=who("ada").id))
        db.session.rollback()
    lune.settle()
    assert lune.mails() == [] and postbox.messages == []


def test_the_database_is_free_while_the_server_takes_its_time(lune, postbox):
    postbox.meanwhile = lambda: lune.change("cleo", title="Written meanwhile")
    told_by_mail(lune, postbox)
    with lune.open():
        assert who("cleo").title == "Written meanwhile"
