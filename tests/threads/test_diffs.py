import pytest

from community.threads.diffs import by_words

pytestmark = pytest.mark.once


def test_a_changed_word_is_the_only_thing_marked():
    assert by_words("I ride every day.", "I ride most days.") == [
        ("same", "I ride "),
        ("gone", "every"),
        ("new", "most"),
        ("same", " "),
        ("gone", "day"),
        ("new", "days"),
        ("same", "."),
    ]


def test_both_texts_can_be_read_out_of_the_pieces():
    old, new = "Une crème, deux soirs sur trois.\n\nMerci !", "Deux crèmes, un soir sur trois.\n"
    pieces = by_words(old, new)
    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new


def test_the_same_text_is_one_piece():
    assert by_words("Nothing to see.", "Nothing to see.") == [("same", "Nothing to see.")]
    assert by_words("", "") == []


def test_very_long_texts_are_compared_by_lines():
    lines = [f"line {n} of a long report\n" for n in range(2_000)]
    changed = [*lines]
    changed[1_000] = "another line altogether\n"
    assert by_words("".join(lines), "".join(changed)) == [
        ("same", "".join(lines[:1_000])),
        ("gone", lines[1_000]),
        ("new", "another line altogether\n"),
        ("same", "".join(lines[1_001:])),
    ]
