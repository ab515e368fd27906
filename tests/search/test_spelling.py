"""Words that somebody may have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.search.spelling import candidates, distance

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("one", "other", "away"),
    [
        ("retinol", "retinol", 0),
        ("retniol", "retinol", 1),
        ("retinl", "retinol", 1),
        ("retinool", "retinol", 1),
        ("ratinal", "retinol", 2),
        ("battery", "buttons", 3),
    ],
)
def test_words_are_as_far_apart_as_keys_were_struck_wrongly(one, other, away):
    assert min(distance(one, other, 2), 3) == away
    assert min(distance(other, one, 2), 3) == away


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_a_limit_only_hides_what_is_beyond_it(one, other):
    real = distance(one, other, 100)
    near = distance(one, other, 2)
    assert near == real if real <= 2 else near > 2


def test_the_nearest_come_first_and_a_short_word_may_differ_once():
    near = candidates("batery", ["buttery", "battery", "bakery", "water"], 3)
    assert near == ["bakery", "battery", "buttery"]
    assert candidates("cart", ["card", "crab"], 3) == ["card"]
    assert candidates("saddle", ["saddle"], 3) == []
