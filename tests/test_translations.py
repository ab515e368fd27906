"""Every language says everything, nothing that is gone, and says it in its own typography.

A new language is one catalogue and the long texts below in that language. What only its
printers know may be added to TYPOGRAPHY.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from babel.messages.catalog import Message

from community.kernel.i18n import LOCALES, SOURCE
from tests.texts import (
    ROOT,
    catalogue_path,
    collected,
    forms,
    languages,
    read,
    untranslated,
    written,
)

pytestmark = pytest.mark.once

LONG_TEXTS = [ROOT / "community" / "brands" / "rules"]
"""Folders that hold one text as `<language>.md`."""

PLACEHOLDER = re.compile(r"%(?:\(\w+\)[a-z]|%)?")
MARKUP = re.compile(r"</?[a-z][^>]*>|`[^`]*`|\]\([^)]*\)")
FIELD = re.compile(r"\{\w+\}")
ADDRESS = re.compile(r"https?://[^\s<>”»]+")
ENDINGS = (".", "?", "!", "…", ":")


@pytest.fixture(params=languages())
def language(request) -> str:
    return request.param


@pytest.fixture
def catalogue(language):
    return read(language)


def texts(catalogue) -> Iterator[tuple[Message, str]]:
    """Each translation with its message; a message with plural forms comes once for each."""
    for message in catalogue:
        if message.id:
            yield from ((message, text) for text in forms(message))


def english(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if message.pluralizable else (message.id,)


def held(pattern: re.Pattern, text: str) -> list[str]:
    return sorted(pattern.findall(text))


# -- Nothing missing, nothing left -----------------------------------------


def test_there_is_a_catalogue_for_each_language_but_the_source():
    assert [SOURCE, *languages()] == list(LOCALES)
    assert "fr" in languages()


def test_every_text_of_code_and_templates_is_in_the_catalogue(catalogue):
    there = {english(message) for message in catalogue}
    missing = [message.id for message in collected() if english(message) not in there]
    assert not missing, "Run `make messages`, then translate these."


def test_no_text_of_the_catalogue_is_gone_from_code_and_templates(catalogue):
    there = {english(message) for message in collected()}
    left = [message.id for message in catalogue if english(message) not in there]
    assert not left + list(catalogue.obsolete), "Run `make messages`."


def test_every_text_is_translated(catalogue):
    assert not [message.id for message in untranslated(catalogue)]


def test_no_translation_is_a_guess(catalogue):
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


def test_every_plural_has_the_forms_of_the_language(catalogue):
    plurals = [message for message in catalogue if message.id and message.pluralizable]
    assert plurals
    assert not [m.id for m in plurals if len(forms(m)) != catalogue.num_plurals]


def test_a_catalogue_is_written_one_way(language, catalogue):
    """So that a change of it shows the texts that changed, and no dates or names."""
    assert catalogue_path(language).read_bytes() == written(language, catalogue)


def test_every_long_text_exists_in_every_language():
    for folder in LONG_TEXTS:
        assert {path.stem for path in folder.glob("*.md")} == set(LOCALES)


def test_a_long_text_has_the_same_parts_in_every_language(language):
    for folder in LONG_TEXTS:
        original, translation = (
            (folder / f"{name}.md").read_text(encoding="utf-8") for name in (SOURCE, language)
        )
        assert parts(translation) == parts(original)
        assert held(FIELD, translation) == held(FIELD, original)


def parts(markdown: str) -> list[str]:
    """The mark each line begins with: "## " of a heading, "- " of a list item, or none."""
    return [re.match(r"(#+ |- )?", line)[0] for line in markdown.split("\n")]


# -- The same meaning for the machine --------------------------------------


def test_translations_hold_the_placeholders_of_their_text(catalogue):
    wrong = [(m.id, text) for m, text in texts(catalogue) if not fits(m, text)]
    assert not wrong


def fits(message: Message, text: str) -> bool:
    """Whether the placeholders are those of the text, or of one of its plural forms."""
    return held(PLACEHOLDER, text) in [held(PLACEHOLDER, form) for form in english(message)]


def test_the_many_are_always_counted(catalogue):
    plurals = [message for message in catalogue if message.id and message.pluralizable]
    many = [(m.id, held(PLACEHOLDER, m.id[1]), held(PLACEHOLDER, forms(m)[-1])) for m in plurals]
    assert not [found for found in many if found[1] != found[2]]


def test_translations_hold_the_markup_of_their_text(catalogue):
    wrong = [
        (m.id, text)
        for m, text in texts(catalogue)
        if held(MARKUP, text) not in [held(MARKUP, form) for form in english(m)]
    ]
    assert not wrong


def test_a_sentence_stays_a_sentence_and_a_label_a_label(catalogue):
    def ending(text: str) -> str:
        return text[-1] if text.endswith(ENDINGS) else ""

    wrong = [(m.id, t) for m, t in texts(catalogue) if ending(t) != ending(english(m)[-1])]
    assert not wrong


def test_no_translation_begins_or_ends_with_a_space(catalogue):
    assert not [text for _message, text in texts(catalogue) if text != text.strip()]


# -- Typography ------------------------------------------------------------

NARROW = "\u202f"

FRENCH = {
    "a narrow no-break space before ; : ! ?": rf"(?<!{NARROW})[;:!?]",
    "narrow no-break spaces inside « »": rf"«(?!{NARROW})|(?<!{NARROW})»",
    "« » for quotes and ’ for the apostrophe": r"[\"'“”‘]",
    "… for three dots": r"\.\.\.",
    "a no-break space between a number and its unit": r"\d (?:[kMG]o|%|h|min|s|€)(?!\w)",
    "a no-break space between thousands": r"\d \d{3}(?!\d)",
    "one space between words": r"\s\s",
}


def french(text: str) -> list[str]:
    """The rules a text breaks (Lexique des règles typographiques, Imprimerie nationale)."""
    plain = ADDRESS.sub("x", MARKUP.sub("x", text)).replace("%%", "%")
    plain = re.sub(r"%\(\w+\)[a-z]", "0", plain)
    return [rule for rule, pattern in FRENCH.items() if re.search(pattern, plain)]


TYPOGRAPHY: dict[str, Callable[[str], list[str]]] = {"fr": french}


@pytest.mark.parametrize("language", sorted(TYPOGRAPHY.keys() & set(languages())), indirect=True)
def test_texts_are_set_as_the_language_is_printed(language, catalogue):
    check = TYPOGRAPHY[language]
    assert not [(text, check(text)) for _m, text in texts(catalogue) if check(text)]


@pytest.mark.parametrize("language", sorted(TYPOGRAPHY.keys() & set(languages())))
def test_long_texts_are_set_as_the_language_is_printed(language):
    check = TYPOGRAPHY[language]
    for folder in LONG_TEXTS:
        text = (folder / f"{language}.md").read_text(encoding="utf-8")
        assert not [(line, check(line)) for line in text.split("\n") if check(line)]


@pytest.mark.parametrize(
    "text",
    [
        "Votre avis ?",
        "Votre avis\u00a0?",
        "Votre avis?",
        "Motif: %(reason)s",
        "Lisez « ceci\u202f»",
        "« ceci »",
        "l'avis",
        "“ceci”",
        "Envoi...",
        "20 Mo",
        "%(mb)d Mo",
        "%(share)s %%",
        "2 000 formes",
        "Deux  espaces",
    ],
)
def test_a_fault_of_french_typography_is_seen(text):
    assert len(french(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Votre avis\u202f? Écrivez-le\u202f: «\u202foui\u202f» ou «\u202fnon\u202f»…",
        "Comme https://example.com/aide?a=1 ou `a:b` ou [ici](https://example.com)",
        "L’envoi de %(count)d messages a pris 3\u00a0h, soit %(share)s\u202f%% des 2\u202f000",
    ],
)
def test_french_as_it_is_printed_is_left_alone(text):
    assert french(text) == []
