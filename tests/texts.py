"""Collects the texts of code and templates; `python -m tests.texts` updates the catalogues.

A text that is gone leaves its catalogue; a new one stands in it untranslated until
somebody translates it, and the suite fails until then. Nothing is guessed. A new language
begins as an empty file at its place, `community/translations/<language>/LC_MESSAGES/messages.po`.
"""

import io
import tomllib
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from community.kernel.i18n import CATALOGUES

ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}

# Neither dates nor names: the file changes when its texts do, and history says who and when.
HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: community\n"
"Language: {language}\n"
"Plural-Forms: {plural_forms}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def collected() -> Catalog:
    """Every text a reader may see, in English."""
    mappings = tomllib.loads((CATALOGUES / "babel.toml").read_text())["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    catalogue = Catalog(charset="utf-8")
    for found in extract_from_dir(str(ROOT), methods, keywords=KEYWORDS):
        _path, _line, message, comments, context = found
        catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def catalogue_path(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def languages() -> list[str]:
    return sorted(path.parent.parent.name for path in CATALOGUES.glob("*/LC_MESSAGES/*.po"))


def read(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def written(language: str, catalogue: Catalog) -> bytes:
    """A catalogue in the one form it has as a file: sorted, and each text on one line."""
    file = io.BytesIO()
    file.write(HEADER.format(language=language, plural_forms=catalogue.plural_forms).encode())
    write_po(file, catalogue, width=0, no_location=True, sort_output=True, omit_header=True)
    return file.getvalue()


def forms(message: Message) -> list[str]:
    """The translations of a text, one for each plural form; an empty one is missing."""
    found = message.string if message.pluralizable else [message.string]
    return [text or "" for text in found]


def untranslated(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id and not all(forms(message))]


def update(language: str) -> int:
    """Bring one catalogue up to the code; returns how many texts wait for a translator."""
    catalogue = read(language)
    catalogue.update(collected(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue_path(language).write_bytes(written(language, catalogue))
    return len(untranslated(catalogue))


if __name__ == "__main__":
    for name in languages():
        print(f"{name}: {update(name)} texts to translate")
