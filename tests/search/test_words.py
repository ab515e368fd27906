"""Words are folded and stemmed so that what means the same is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.search.words import (
    asked,
    folded,
    language_of,
    marked,
    passage,
    spans,
    stem,
    stems,
    words,
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L’été", ["ete"]),
        ("l'été", ["ete"]),
        ("qu’il", ["il"]),
        ("jusqu'à", ["a"]),
        ("aujourd’hui", ["aujourdhui"]),
        ("O'Brien", ["obrien"]),
        ("it's", ["it"]),
        ("don't", ["dont"]),
        ("œuvre", ["oeuvre"]),
        ("e\u0301te\u0301", ["ete"]),
        ("ﬁn", ["fin"]),
        ("Straße", ["strasse"]),
        ("SPF-50 snake_case", ["spf", "50", "snake", "case"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("𝐁𝐨𝐥𝐝", ["bold"]),
        ("हिन्दी", ["हिनदी"]),
        ("... !?", []),
    ],
)
def test_a_text_is_these_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("crème", "cremes"),
        ("hydratée", "hydrater"),
        ("hydratées", "hydrate"),
        ("cheveu", "cheveux"),
        ("heureuse", "heureux"),
        ("national", "nationaux"),
        ("taches", "tache"),
    ],
)
def test_french_forms_meet(one, other):
    [one], [other] = words(one), words(other)
    assert stem(one, "fr") == stem(other, "fr")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("battery", "batteries"),
        ("charging", "charged"),
        ("colour", "colors"),
        ("tyres", "tire"),
        ("bought", "buying"),
        ("women", "woman"),
    ],
)
def test_english_forms_meet(one, other):
    assert stem(one, "en") == stem(other, "en")


def test_the_french_stem_of_a_word_does_not_meet_another_english_word():
    assert stem("news", "fr") == stem("new", "fr")
    assert set(stems("news")) & {stem("new", "en")} == set()


def test_the_language_of_a_text_is_that_of_its_small_words():
    assert language_of(words("The battery of my bike is empty and I do not know why"), "fr") == "en"
    assert language_of(words("La batterie de mon vélo est vide et je ne sais pas"), "en") == "fr"
    assert language_of(words("Velora 3"), "fr") == "fr"


def test_small_words_are_not_asked_for_unless_there_are_no_others():
    assert asked("Comment utiliser la crème pour le visage", "fr") == [
        "utiliser",
        "creme",
        "visage",
    ]
    assert asked("How do I fix my car", "en") == ["fix", "car"]
    assert asked("the who", "en") == ["the", "who"]


def test_a_pasted_text_is_cut_to_a_few_words():
    assert len(asked(" ".join(f"word{n}" for n in range(500)), "en")) == 12


def test_hits_are_marked_where_they_stand_in_the_text_as_written():
    pieces = marked("Crème d'été : l’ÉTÉ est là", frozenset(stems("ete")))
    assert [piece for piece, is_hit in pieces if is_hit] == ["d'été", "l’ÉTÉ"]
    assert "".join(piece for piece, _is_hit in pieces) == "Crème d'été : l’ÉTÉ est là"


def test_a_passage_is_taken_from_where_the_words_are():
    text = "start " * 200 + "the battery went flat in the rain " + "end " * 200
    shown = passage(text, frozenset(stems("battery") + stems("rain")), 160)
    assert "battery" in shown and "rain" in shown
    assert shown.startswith("…") and shown.endswith("…") and len(shown) <= 162


@given(st.text(max_size=80))
def test_any_text_is_words_of_letters_and_marked_without_loss(text):
    for word in words(text):
        assert word and not any(c.isspace() or c in "'\"\\&|!:()*<>" for c in word)
        assert stems(word)
    wanted = frozenset(s for word in words(text)[:2] for s in stems(word))
    assert "".join(piece for piece, _is_hit in marked(text, wanted)) == text
    for start, end, _word in spans(text):
        assert 0 <= start < end <= len(text)


@given(st.text(max_size=20))
def test_folding_what_is_folded_changes_nothing(token):
    for word in folded(token):
        assert folded(word) == (word,) or len(word) == 2
