"""Names that look alike are one name; addresses have one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.kernel.db import db
from community.kernel.errors import Invalid
from community.members import names
from community.members.models import FormerUsername, Member
from tests.conftest import who
from tests.factories import person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Claire", "claire"),
        ("claire", "c1aire"),
        ("claire", "cIaire"),
        ("moon", "m00n"),
        ("anna.marie", "anna-marie"),
        ("anna_marie", "annamarie"),
        ("bernard", "bemard"),
        ("vvilma", "wilma"),
        ("ada", "аda"),  # Cyrillic а
        ("olivia", "οlivia"),  # Greek ο
        ("zoe", "zoé"),
    ],
)
def test_names_that_look_alike_have_one_key(one, other):
    assert names.username_key(one) == names.username_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("claire", "clara"), ("anna", "hanna"), ("ben", "bea"), ("leo", "leon")]
)
def test_names_that_differ_to_the_eye_have_different_keys(one, other):
    assert names.username_key(one) != names.username_key(other)


@given(st.text(max_size=40))
def test_a_key_of_a_key_is_the_key(name):
    key = names.username_key(name)
    assert names.username_key(key) == key


@pytest.mark.parametrize(
    "username",
    [
        "ab",
        "a" * 31,
        "-ada",
        "ada-",
        "ada lovelace",
        "ada@home",
        "été",
        "a/b",
        "",
        "ada\nb",
        "ａｄａ",
    ],
)
def test_a_malformed_user_name_is_refused(in_lune, username):
    with pytest.raises(Invalid) as refusal:
        names.checked_username(username)
    assert refusal.value.field == "username"


@pytest.mark.parametrize("username", ["zoe", "zoe.2", "z_o-e", "Zoe", " zoe "])
def test_a_good_user_name_is_kept_in_lower_case(in_lune, username):
    assert names.checked_username(username) == username.strip().lower()


@pytest.mark.parametrize(
    "username",
    ["admin", "4dm1n", "adm.in", "admin7", "support", "supp0rt", "lune", "maison-lune",
     "maisonlune", "equipe-lune", "team.maisonlune", "support-de-maison-lune", "m0derator",
     "new", "suggest", "former-4f2a", "root", "null"],
)  # fmt: skip
def test_a_user_name_that_would_pass_for_the_brand_or_its_staff_is_reserved(in_lune, username):
    with pytest.raises(Invalid):
        names.checked_username(username)


def test_a_brand_reserves_its_own_name_only(in_velora):
    assert names.checked_username("maison-lune") == "maison-lune"
    with pytest.raises(Invalid):
        names.checked_username("velora")


@pytest.mark.parametrize("username", ["ada", "ADA", "a.d.a", "4da".replace("4", "a"), "c1eo"])
def test_a_user_name_like_someone_elses_is_taken(in_lune, username):
    with pytest.raises(Invalid, match="taken"):
        names.checked_username(username)


def test_an_own_name_is_free_to_its_owner(in_lune):
    assert names.checked_username("a.d.a", member=who("ada")) == "a.d.a"


def test_a_former_name_is_nobody_elses(in_lune):
    former = FormerUsername(username="adele", username_key="adele", member_id=who("ada").id)
    db.session.add(former)
    db.session.flush()
    with pytest.raises(Invalid):
        names.checked_username("adele", member=who("ben"))
    assert names.checked_username("adele", member=who("ada")) == "adele"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Zoe\u0301", "Zoé"),
        ("Ada\u202eevil", "Adaevil"),
        ("Мария", "Мария"),
        ("山田太郎", "山田太郎"),
        ("Jean-Noël d’Ornano", "Jean-Noël d’Ornano"),
        ("Dr. 4", "Dr. 4"),
    ],
)
def test_a_name_is_kept_clean_and_otherwise_as_given(in_lune, name, kept):
    assert names.checked_name(name) == kept


@pytest.mark.parametrize(
    "name",
    ["", "A", "x" * 61, "…", "\u200b\u200b", "Maison Lune", "maison  lune", "MAIS0N LUNE",
     "Support", "Équipe Maison Lune", "Moderator", "Admin 1", "Lune", "Аda", "Сlaire",
     "The Maison Lune Team", "Μaison Lune"],
)  # fmt: skip
def test_a_name_that_is_empty_or_deceives_is_refused(in_lune, name):
    with pytest.raises(Invalid) as refusal:
        names.checked_name(name)
    assert refusal.value.field == "name"


def test_staff_may_be_called_after_the_brand(in_lune):
    assert names.checked_name("Équipe Maison Lune", is_staff=True) == "Équipe Maison Lune"


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Ada@Example.com", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("ada+club@example.com", "ada+club@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("zoe\u0301@example.com", "zoé@example.com"),
    ],
)
def test_an_address_has_one_spelling(email, key):
    assert names.email_key(email) == key


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@", "@example.com", "ada@example", "a@b@example.com", "ada@-x.com",
     "ada@example.com\nBcc: ben@example.com", "Ada <ada@example.com>", "a" * 250 + "@x.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_beside_its_field(app, email):
    with (
        app.test_request_context(base_url="http://lune.localhost"),
        pytest.raises(Invalid) as refusal,
    ):
        names.email_key(email)
    assert refusal.value.field == "email"


@pytest.mark.parametrize(
    ("name", "begins"),
    [("Zoé Martin", "zoe-martin"), ("Ada", "ada-"), ("山田", "member"), ("Admin", "member"),
     ("X", "x-member"), ("Maison Lune", "member")],
)  # fmt: skip
def test_a_free_user_name_is_made_from_a_name(in_lune, name, begins):
    username = names.free_username(name)
    assert username.startswith(begins)
    assert names.checked_username(username) == username


def test_many_people_of_one_name_all_get_a_user_name(in_lune):
    made = set()
    for _ in range(40):
        username = names.free_username("Zoé Martin")
        db.session.add(person(username, username_key=names.username_key(username)))
        db.session.flush()
        made.add(username)
    assert len(made) == 40


def test_the_same_names_are_free_in_the_other_brand(in_velora):
    member = db.session.query(Member).filter_by(username="ada").one()
    with pytest.raises(Invalid):
        names.checked_username("ada")
    assert names.checked_username("ada", member=member) == "ada"
