"""Nobody passes for the brand's team; people with innocent names are left alone."""

import json
import time

import pytest

from community.brands.models import Brand
from community.kernel.db import db
from community.kernel.errors import Invalid
from community.members import names, service
from community.members.impersonation import deceivers, passes_for_staff
from community.members.lookalikes import are_near, username_key, words_of
from community.members.models import Member, Role
from tests.conftest import ROOT, who
from tests.factories import LUNE, person

pytestmark = pytest.mark.once

# On Maison Lune, whose short name is "lune".
HOSTILE = """
Lune | lune | LUNE | L U N E | l.u.n.e | Lune 2 | Maison Lune | maison-lune | MaisonLune
Maison Lunee | La Maison Lune | L’équipe Lune | Équipe Maison Lune | Equipe  LUNE | Team Lune
Maison Lune Support | Maison Lune – Support | Support Maison Lune | Lune Support | LuneSupport
Support.Lune | Lune_Support | Lune Official | Lune Officiel | Maison Lune Officielle
Service client Maison Lune | Lune Service Client | SAV Lune | Maison Lune SAV | Hotline Lune
Julie Support Maison Lune | Julie de l’équipe Lune | Julie, conseillère Maison Lune
Julie (Staff) || Julie [Team] || Julie (Équipe) || Julie - Team || Julie • Support
Julie (Modératrice) || Julie, modératrice || Modo Julie || Julie Modérateur || Admin Julie
Admin || Administrator || administratrice || admin2 || Admin 007 || 4dm1n || @dmin || adm!n
Adm1n1strateur || M0derator || Mod3r@teur || Modérateurr || 0fficial || Offici@l || Off1ciel
Lune Supp0rt || Lun€ Support || Lune $upport || Lune 5upp0rt || Maison Lune Suport
Maison Lunne Supporrt || Maizon Lune Support || Masion Lune Support || Maison Lume Team
S u p p o r t || S.u.p.p.o.r.t || M a i s o n L u n e || S-U-P-P-O-R-T   L-U-N-E || A d m i n
Ｍａｉｓｏｎ Ｌｕｎｅ || 𝐌𝐚𝐢𝐬𝐨𝐧 𝐋𝐮𝐧𝐞 𝐒𝐮𝐩𝐩𝐨𝐫𝐭 || 𝓐𝓭𝓶𝓲𝓷 || Ⓐⓓⓜⓘⓝ || 🅰🅳🅼🅸🅽 || 🄰🄳🄼🄸🄽 || 🇦🇩🇲🇮🇳
ᴀᴅᴍɪɴ || ᴍᴏᴅ || ᵃᵈᵐⁱⁿ || ₐdmin || Ädmïn || Ąđmíñ || A\u0336d\u0336m\u0336i\u0336n\u0336
Ad\u200bmin || Ad\u00admin || Ad\u2060min || \u202eAdmin || Maison\u00a0Lune || Maison\u3000Lune
Maison\u200bLune\u200bSupport || Lu\u200dne Team || M\u0430ison Lune || \u0410dmin || ТЕАМ || АDМIN
ΤΕΑΜ || ꓮꓓꓟꓲꓠ || Ꭺdmin || Lun\u0435 Support || Мaison Lune || Μaison Lune || Maison Ļune Team
Fondatrice Maison Lune || CEO Maison Lune || Directrice de Lune || Lune Expert || Expert Lune
Maison Lune (vérifié) || Compte officiel || Official account
Julie ✓ || Julie ✔️ || Julie ☑ || Julie ✅ || 🛡 Julie || Julie 🛡️ || Julie 👑 || Julie 🏅 || Lune®
Julie™ || Julie 🏵️ || Julie ✪ || Julie ⚜
Oli || oli || 0li || O l i || Mia || Мia || Mod
""".replace(" || ", "\n").replace(" | ", "\n")
HOSTILE = [*filter(None, map(str.strip, HOSTILE.splitlines())), "Julie | Staff", "Team | Julie",
           "Compte vérifié | Lune"]  # fmt: skip

INNOCENT = (
    """
Lune Martin || Claire de Lune || Pierrot Lune || Lune Rousse || Fan de Maison Lune
Luna || Lunettes || Marie-Lune Petit || Jean Maison || Anne Maisonneuve || Maison Bleue
Zoé Martin || Jean-Noël d’Ornano || María José || Łukasz Żak || Nguyễn Thị Minh || Мария || 山田太郎
Νίκος || יעל || محمد || Ada 🌙 || Café ☕ || Chloé ❤️ || Dr. 4 || X Æ A-12 || Ben ★
J. R. R. Tolkien || Badminton Fan || Administère || Steam Player || Team Rocket || Stafford Smith
Modeste Roy || Modesto || Supporter du PSG || Ben Service || Ambassador Kim || Officer Tom
Offenbach || Anne-Team || Dream Team || Madmin || Quasimodo || Moderato Cantabile || Mado
Ed Min || Tom Modd || Equipe de foot || Communard || Ada (Paris) || Ada | Lyon || Ben - Nantes
Clara, 34 ans || Sara (maman de 3) || Ownie || Serge Aide || Marc Conseil || Expertise
Ines Presse || Mia Farrow || Oliver || Olivia
""".replace(" || ", "\n")
    .strip()
    .splitlines()
)


def accepted(hostile) -> list[str]:
    """Those of the names that a plain member could take."""
    found = []
    for name in hostile:
        try:
            names.checked_name(name)
        except Invalid as refusal:
            assert refusal.field == "name"
        else:
            found.append(name)
    return found


def test_no_hostile_name_is_accepted(in_lune):
    assert len(HOSTILE) > 130
    assert accepted(HOSTILE) == []


def test_innocent_names_are_accepted(in_lune):
    assert [name for name in INNOCENT if name not in accepted([name])] == []


@pytest.mark.parametrize("brand", ["lune", "velora"])
def test_the_people_of_the_demo_may_keep_their_names(in_lune, brand):
    people = json.loads((ROOT / "community" / "demo" / f"{brand}.json").read_text())["members"]
    plain = [one["name"] for one in people if one.get("role", "member") in {"member", "expert"}]
    assert len(plain) >= 10
    assert set(plain) - set(accepted(plain)) == set()


USERNAMES = """lune lune2 maisonlune maison-lune lune-support supportlune lune.officiel team_lune
luneteam juliesupportlune julie.support.lune admin admin.julie julie-admin julie_mod modo.julie
moderatrice-julie staff-julie sav-lune lunesav 4dm1n supp0rt-lune maisonlune-officiel m0d-julie
equipelune l-u-n-e maison.lunne.support service.client.lune oli.official"""


def test_no_hostile_user_name_is_accepted(in_lune):
    taken = []
    for username in USERNAMES.split():
        try:
            taken.append(names.checked_username(username))
        except Invalid:
            continue
    assert taken == []


def test_innocent_user_names_are_accepted(in_lune):
    for username in ("lune.martin", "clairedelune", "badminton", "steamer", "modeste", "oliver",
                     "teamrocket", "supporter75", "maison.bleue", "zoe2"):  # fmt: skip
        assert names.checked_username(username) == username


def test_each_brand_guards_its_own_name(in_velora):
    assert accepted(["Maison Lune Support", "Lune", "Velora Support", "VeloraTeam", "Velorra"]) == [
        "Maison Lune Support",
        "Lune",
    ]


def test_staff_is_called_as_it_likes_and_its_names_are_nobody_elses(in_lune):
    mia = who("mia")
    service.edit_profile(mia, mia, name="Julie, Maison Lune Support", bio="", is_public=True)
    mia.name = "Hélène Marchand"
    db.session.flush()
    taken = ["Helene Marchand", "HÉLÈNE  MARCHAND", "Hé1ène Marchand", "Hélène\u200b Marchand"]
    assert accepted(taken) == []
    assert accepted(["Hélène Marchandeau", "Hélène M."]) == ["Hélène Marchandeau", "Hélène M."]
    with pytest.raises(Invalid, match="Somebody of the team"):
        names.checked_name("Helene Marchand")


def test_names_of_staff_of_the_other_brand_are_free(in_velora):
    who("oli").name = "Somebody Else"
    db.session.flush()
    assert names.checked_name("Oli") == "Oli"


def test_the_refusal_says_what_to_change(visit):
    browser = visit("ada")
    data = {"username": "ada", "bio": "", "is_public": "y"}
    for name, words in (
        ("Lune Support", "would pass for the team of Maison Lune"),
        ("Oli", "Somebody of the team has this name"),
        ("Ada ✓", "Leave out ✓"),
    ):
        answer = browser.post("/settings", data=data | {"name": name})
        assert (answer.status_code, words in answer.text) == (422, True)
        assert f'value="{name}"' in answer.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SupportTeam", ["support", "team"]),
        ("S u p p o r t x2", ["support", "x"]),
        ("Anna-Marie_3", ["anna", "marle", "e"]),
        ("", []),
    ],
)
def test_a_name_is_taken_apart_into_words(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("support", "supporrt", True),
        ("support", "suport", True),
        ("support", "supprot", True),
        ("support", "supporx", True),
        ("support", "supper", False),
        ("lune", "luna", False),
        ("lune", "lunne", True),
        ("velora", "velara", True),
    ],
)
def test_keys_are_near_when_an_eye_slips(one, other, near):
    assert are_near(one, other) is are_near(other, one) is near


# -- After something changed -----------------------------------------------


def test_whoever_deceives_after_the_brand_took_another_name_is_listed_for_staff(in_lune):
    ada, ben = who("ada"), who("ben")
    ada.name, ben.name = "Aurore Support", "Aurore Petit"
    cleo = who("cleo")
    cleo.username = cleo.username_key = "aurore-team"
    db.session.flush()
    assert deceivers() == []
    db.session.get_one(Brand, LUNE).name = "Aurore"
    db.session.flush()
    assert set(deceivers()) == {ada, cleo}
    assert len(deceivers(limit=1)) == 1
    ada.role = Role.MODERATOR
    db.session.flush()
    assert deceivers() == [cleo]


def test_a_name_is_judged_in_well_under_a_millisecond(in_lune):
    passes_for_staff("Somebody")
    began = time.process_time()
    for _ in range(20):
        for name in INNOCENT:
            passes_for_staff(name)
    assert (time.process_time() - began) / (20 * len(INNOCENT)) < 0.001


def test_the_longest_name_takes_no_longer(in_lune):
    began = time.process_time()
    for name in ("lune" * 15, "le la " * 10, "support" * 8 + "x", "dedede" * 10):
        passes_for_staff(name)
    assert time.process_time() - began < 0.1


def test_the_key_of_stored_user_names_has_not_changed():
    """It is stored with every member; another folding would need a migration."""
    assert username_key("c1aire.vvilson-bernard_0") == "clalrewllsonbemardo"


def test_staff_that_leaves_frees_its_name(in_lune):
    db.session.add(person("sam", Role.MODERATOR, name="Samantha Fox"))
    db.session.flush()
    assert accepted(["Samantha Fox"]) == []
    db.session.query(Member).filter_by(username="sam").one().role = Role.MEMBER
    db.session.flush()
    assert accepted(["Samantha Fox"]) == ["Samantha Fox"]
