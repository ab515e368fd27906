"""Profiles, as far as people show them, and completing mentions."""

import pytest

from community.kernel.db import db
from community.members import privacy, queries, service
from community.members.models import FOR_GOOD
from tests.conftest import who


def rename(within, username, new, brand="lune"):
    with within(brand):
        service.rename(who(username), who(username), new)
        db.session.commit()


def test_a_profile_shows_who_somebody_is(visit, within):
    with within():
        who("eve").title, who("eve").bio = "Formulator", "I like <b>roses</b>.\nAnd moons."
        db.session.commit()
    page = visit().get("/m/eve").text
    for shown in ("Eve", "@eve", "Expert", "Formulator", "I like &lt;b&gt;roses&lt;/b&gt;."):
        assert shown in page
    assert "Formulator" not in visit(brand="velora").get("/m/eve").text
    assert "eve@example.com" not in page


def test_another_case_leads_to_the_profile(visit):
    answer = visit().get("/m/ADA?page=2")
    assert (answer.status_code, answer.location) == (301, "/m/ada?page=2")


def test_a_former_name_leads_to_the_present_one(visit, within):
    rename(within, "ada", "adele")
    answer = visit().get("/m/ada")
    assert (answer.status_code, answer.location) == (301, "/m/adele")
    assert visit().get("/m/adele").status_code == 200
    assert visit(brand="velora").get("/m/ada").status_code == 200


def test_an_unknown_name_is_not_found(visit):
    assert visit().get("/m/nobody").status_code == 404


def test_a_private_profile_shows_the_name_to_others_and_all_to_its_member(visit, within):
    with within():
        who("ada").is_profile_public, who("ada").bio = False, "Only for me"
        db.session.commit()
    for other in (visit(), visit("ben")):
        page = other.get("/m/ada")
        assert page.status_code == 200
        assert "keeps the profile private" in page.text
        assert "Only for me" not in page.text
        assert '<meta name="robots" content="noindex">' in page.text
    for allowed in (visit("ada"), visit("mod")):
        assert "Only for me" in allowed.get("/m/ada").text


def test_whoever_left_is_gone_under_every_name(visit, within):
    rename(within, "ada", "adele")
    with within():
        privacy.forget(who("adele"))
        db.session.commit()
    for name in ("adele", "ada"):
        answer = visit().get(f"/m/{name}")
        assert (answer.status_code, "This person has left." in answer.text) == (410, True)
    assert visit(brand="velora").get("/m/ada").status_code == 200


def test_only_staff_sees_who_is_suspended(visit, within):
    with within():
        who("ada").suspended_until, who("ada").suspended_reason = FOR_GOOD, "Spam, again"
        db.session.commit()
    for other in (visit(), visit("ben")):
        assert "uspended" not in other.get("/m/ada").text
    assert "Spam, again" in visit("mod").get("/m/ada").text


def test_panels_of_features_stand_on_open_profiles_only(app, visit, within):
    app.extensions["panels"]["profile"] = [lambda member, actor: f"panel of {member.name}"]
    assert "panel of Ada" in visit().get("/m/ada").text
    with within():
        who("ada").is_profile_public = False
        db.session.commit()
    assert "panel of Ada" not in visit().get("/m/ada").text


# -- Suggestions -----------------------------------------------------------


def test_members_are_suggested_to_members(visit, within):
    with within():
        who("ben").name = "Benoît Adam"
        who("cleo").posts_count = 5
        db.session.commit()
    answer = visit("ada").get("/m/suggest?q=AD")
    assert answer.json == [
        {"username": "ada", "name": "Ada", "avatar": ""},
        {"username": "ben", "name": "Benoît Adam", "avatar": ""},
    ]
    assert [m["username"] for m in visit("ada").get("/m/suggest?q=adam").json] == ["ben"]
    assert visit("ada", "velora").get("/m/suggest?q=adam").json == []


@pytest.mark.parametrize("q", ["", "%", "_", "zzz", "\\", "'", "%25"])
def test_nothing_is_suggested_for_what_nobody_is_called(visit, q):
    assert visit("ada").get("/m/suggest", query_string={"q": q}).json == []


def test_guests_get_no_suggestions(visit):
    assert visit().get("/m/suggest?q=a").status_code == 302


def test_the_unconfirmed_and_the_erased_are_not_suggested(visit, within):
    with within():
        who("ben").confirmed_at = None
        privacy.forget(who("cleo"))
        db.session.commit()
    assert visit("ada").get("/m/suggest?q=b").json == []
    assert visit("ada").get("/m/suggest?q=c").json == []
    assert visit("ada").get("/m/suggest?q=former").json == []


def test_members_are_found_by_user_names_in_one_query(in_lune):
    found = queries.by_usernames(["ADA", "ben", "nobody"])
    assert {name: member.name for name, member in found.items()} == {"ada": "Ada", "ben": "Ben"}
    privacy.forget(found["ada"])
    db.session.flush()
    assert set(queries.by_usernames(["ada", "ben"])) == {"ben"}
    assert queries.by_usernames([]) == {}
