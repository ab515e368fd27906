"""HTML written elsewhere, as the Markdown we store: for imports from other communities."""

import re

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from community.kernel.markdown import is_our_picture, is_safe_link
from community.kernel.unicode import clean_body

_MARKS = re.compile(r"[\\`*~]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])")
_LINE_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|>|[-+](?=\s)|={2,}|-{2,})", re.MULTILINE)
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s)", re.MULTILINE)


def from_html(html: str) -> str:
    """Return the Markdown of a piece of HTML; never raises, whatever it holds.

    Code, lists, quotes, tables and links are kept. A picture from elsewhere becomes a link, and
    so does an embedded frame; a link that may not be followed keeps its words. HTML nested too
    deeply to be converted keeps its text.
    """
    soup = _parsed(html)
    try:
        converted = _Converter().convert_soup(soup)
    except RecursionError:
        converted = "\n\n".join(soup.stripped_strings)
    return re.sub(r"\n{3,}", "\n\n", clean_body(converted)).strip()


def _parsed(html: str) -> BeautifulSoup:
    # Inside an element, so that a bare address or an XML prologue is not taken for a mistake.
    try:
        return BeautifulSoup(f"<div>{html}</div>", "html.parser")
    except ParserRejectedMarkup:
        # A declaration the parser cannot make sense of, as in `<![a`: read as the text it is.
        return BeautifulSoup(f"<div>{html.replace('<!', '&lt;!')}</div>", "html.parser")


class _Converter(MarkdownConverter):
    class Options:
        heading_style = "atx"
        bullets = "-"
        autolinks = False

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape what would become a mark, and no more, so that the source stays readable."""
        text = _MARKS.sub(r"\\\g<0>", text)
        text = _LINE_START.sub(r"\1\\\2", text)
        text = _NUMBERED.sub(r"\1\\\2", text)
        return text.replace("|", r"\|") if parent_tags & {"td", "th"} else text

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        words, address = text.strip(), _address(el, "href")
        if not words or not is_safe_link(address):
            return text
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        return f"{before}{_link(words, address)}{after}"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        address = _address(el, "src")
        description = str(el.get("alt") or "").strip() or address.rpartition("/")[2]
        if is_our_picture(address):
            return f"![{_label(str(el.get('alt') or ''))}]({address})"
        if "a" in parent_tags or not is_safe_link(address):
            return "" if address.startswith("data:") else _label(description)
        return _link(_label(description), address)

    def convert_iframe(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        address = _address(el, "src")
        is_web = address.startswith(("https://", "http://")) and is_safe_link(address)
        return f"\n\n<{address}>\n\n" if is_web else ""

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        code = el.get_text().strip("\n")
        longest = max((len(run) for run in re.findall("`+", code)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"\n\n{fence}{_language(el)}\n{code}\n{fence}\n\n" if code else ""

    def convert_title(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return ""


def _address(el: Tag, name: str) -> str:
    found = str(el.get(name) or "").strip().replace(" ", "%20")
    return found.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")


def _label(words: str) -> str:
    return re.sub(r"[\\\[\]*_`]", r"\\\g<0>", " ".join(words.split()))


def _link(label: str, address: str) -> str:
    return f"<{address}>" if label == address else f"[{label}]({address})"


def _language(el: Tag) -> str:
    inside = el.find("code")
    tags = [el, inside] if isinstance(inside, Tag) else [el]
    for name in [name for tag in tags for name in tag.get_attribute_list("class") if name]:
        found = re.fullmatch(r"(?:language|lang|brush:)-?([A-Za-z0-9+#.-]{1,20})", name)
        if found:
            return found[1]
    return ""
