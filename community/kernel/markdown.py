"""The Markdown members write: its grammar, its limits, and what its tokens say.

CommonMark with tables, strikethrough, explicit web addresses as links, and `@username`. A line
break is a line break, as people who type into a box expect. Raw HTML is text. This module makes
no HTML of its own: `community.kernel.text` does, and is what the rest of the application uses.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as parse_table
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]", re.ASCII | re.IGNORECASE)
MEDIA = re.compile(r"/media/[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
QUOTED = re.compile(r"/t/\d{1,18}(?:/[^\s?#]*)?\?post=(\d{1,18})#post-\d{1,18}")

# Parsing time per occurrence in microseconds, measured on a slow core with texts made of
# nothing else.
COSTS = {
    "\n": 20, "[": 10, "![": 10, "](": 12, "*": 8, "_": 8, "~": 6, "\\": 6, "@": 10, "://": 30,
    "|": 4, "`": 4, "&": 3, "<": 3, ":": 3,
}  # fmt: skip
MAX_COST = 100_000
# At each of these the parser stops to look; from a bracket that stays open it looks ahead over
# them all, until it is MAX_BLOCK_DEPTH brackets deep.
STOPS = "\n!#$%&*+-:<=>@[\\]^_`{}~"
LOOKING_COST = 0.4
# A list or a quote opens at each of these, several times in one line if there are several.
OPENING_COST = 16
_OPENINGS = re.compile(r"(?:^|(?<=[ \t>]))(?:[-+*>]|\d{1,9}[.)])(?=[ \t>\n])", re.MULTILINE)
# Where a link should lead is looked for until the next space.
DESTINATION_COST = 0.15
_LEFT_OPEN = re.compile(r"\[(?![^\[\]\n]{0,300}\])")
MAX_CELLS = 2_000
MAX_BLOCK_DEPTH = 12
MAX_INLINE_DEPTH = 40

_UNSEEN = re.compile(
    "[\x00-\x20\\\\\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")
_SCHEME = re.compile(r"(?<![A-Za-z0-9.+-])(https?)\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.-]{1,253}(?::\d{1,5})?(?![\w.:@-])(?:[/?#][^\s<>\"`|\\]{0,1900})?")


def is_safe_link(address: str) -> bool:
    """Whether a link may lead there: http(s) without credentials, mailto, a path, a fragment.

    Anything a reader cannot see (spaces, controls, bidirectional marks) and every backslash
    makes it unsafe, because browsers and people then disagree about where it leads.
    """
    if not address or _UNSEEN.search(address):
        return False
    if address.startswith("#"):
        return True
    if address.startswith("/"):
        return not address.startswith("//")
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        return _HOST.fullmatch(host or "") is not None and "@" not in parts.netloc
    return parts.scheme == "mailto" and "@" in parts.path


def is_our_picture(address: str) -> bool:
    """Whether the address is one of our uploads; no other picture is ever shown."""
    return MEDIA.fullmatch(address) is not None


def parse(source: str) -> list[Token] | None:
    """Return the tokens, or None when the text is too dense or too nested to be formatted.

    None is the honest answer to a text built to cost time: it is then shown as it was written.
    """
    if cost(source) > MAX_COST:
        return None
    tokens = _parser.parse(source, {})
    return None if _is_too_deep(tokens) else tokens


def cost(source: str) -> float:
    """Return about how long the text takes to parse, in microseconds, before parsing it."""
    reading = sum(source.count(mark) * microseconds for mark, microseconds in COSTS.items())
    reading += len(_OPENINGS.findall(source)) * OPENING_COST
    stops = sum(map(source.count, STOPS))
    left_open = len(_LEFT_OPEN.findall(source))
    looking = stops * LOOKING_COST * min(left_open, MAX_BLOCK_DEPTH)
    longest = max(map(len, source.split()), default=0)
    return reading + looking + source.count("](") * longest * DESTINATION_COST


def _new_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_BLOCK_DEPTH})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.after("text", "web_address", _web_address)
    parser.inline.ruler.push("mention", _mention)
    # The library documents this attribute as the place to say what may be a link.
    parser.validateLink = is_safe_link
    # The rules are put in order at the first use, which must not happen in two threads at once.
    parser.parse("*a*")
    return parser


def _web_address(state: StateInline, silent: bool) -> bool:
    """Make a link of `https://…`, as GitHub's Markdown does: up to the closing punctuation.

    The library's own finder looks back through the whole paragraph at each address.
    """
    if not state.src.startswith("://", state.pos) or state.linkLevel > 0:
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - 6), state.pos)
    found = scheme and _ADDRESS.match(state.src, state.pos + 3, state.posMax)
    if not found or not (silent or state.pending.endswith(scheme[1])):
        return False
    end = state.pos + 3 + len(_without_punctuation(found[0]))
    if end == state.pos + 3:
        return False
    shown = state.src[scheme.start(1) : end]
    address = state.md.normalizeLink(shown)
    if not is_safe_link(address):
        # Passed over as a whole: read again from every letter, it would take the square of time.
        state.append_pending("" if silent else state.src[state.pos : end])
    elif not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.push("text", "", 0).content = shown
        state.push("link_close", "a", -1)
    state.pos = end
    return True


def _without_punctuation(address: str) -> str:
    """Leave out what ends the sentence rather than the address, and a bracket opened before."""
    while address:
        shorter = address.rstrip("?!.,:;*_~'\u2019\u201d\u00bb")
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == address:
            break
        address = shorter
    return address


def _mention(state: StateInline, silent: bool) -> bool:
    """Read `@username` as a mention, outside links and never in the middle of an address."""
    start = state.pos
    if state.src[start] != "@" or state.linkLevel > 0:
        return False
    if start and (state.src[start - 1].isalnum() or state.src[start - 1] in "@._-+/"):
        return False
    name = USERNAME.match(state.src, start + 1, state.posMax)
    if name is None or _continues(state.src[name.end() : name.end() + 1]):
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content = state.src[start : name.end()]
        token.meta = {"name": name[0].lower()}
    state.pos = name.end()
    return True


def _continues(following: str) -> bool:
    return following == "@" or following.isalnum()


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table while the text has cells to spend; beyond that, tables stay as written.

    A header of 3,000 columns over 9,000 one-letter rows would otherwise be filled up with cells
    nobody wrote.
    """
    left = state.env.setdefault("cells", MAX_CELLS)
    if left <= 0 or not parse_table(state, start, end, True):
        return False
    if silent:
        return True
    header = state.src[state.bMarks[start] : state.eMarks[start]]
    columns = header.count("|") + 1
    rows = next((n for n in range(start, end) if state.isEmpty(n)), end) - start
    state.env["cells"] = left - columns * rows
    return state.env["cells"] >= 0 and parse_table(state, start, end, False)


def _is_too_deep(tokens: list[Token]) -> bool:
    # Containers at the last level were opened with their content left out, so they count too.
    if any(t.nesting == 1 and t.level >= MAX_BLOCK_DEPTH - 1 for t in tokens):
        return True
    return any(_depth(t.children) > MAX_INLINE_DEPTH for t in tokens if t.children)


def _depth(children: Iterable[Token]) -> int:
    deepest = depth = 0
    for token in children:
        depth += token.nesting
        deepest = max(deepest, depth)
    return deepest


def end_of(tokens: list[Token], start: int) -> int:
    """Return the position just after the token that closes the one at `start`."""
    depth = 0
    for position in range(start, len(tokens)):
        depth += tokens[position].nesting
        if depth == 0:
            return position + 1
    return len(tokens)


def quoted_post(tokens: list[Token], start: int) -> int | None:
    """Return the id of the post quoted by the blockquote at `start`, if it names one.

    The form is the one `text.quote` writes: a first line that begins with a link
    `/t/<thread>/<slug>?post=<id>#post-<n>`.
    """
    if [t.type for t in tokens[start + 1 : start + 3]] != ["paragraph_open", "inline"]:
        return None
    children = [t for t in tokens[start + 2].children if t.type != "text" or t.content]
    if not children or children[0].type != "link_open":
        return None
    found = QUOTED.fullmatch(children[0].attrGet("href") or "")
    return int(found[1]) if found else None


def inlines(tokens: list[Token], *, in_quotes: bool = True) -> Iterator[Token]:
    """Yield every inline token, leaving out those inside quotes when asked."""
    depth = 0
    for token in tokens:
        if token.type in ("blockquote_open", "blockquote_close"):
            depth += token.nesting
        for child in token.children or ():
            if in_quotes or depth == 0:
                yield child


def words(children: Iterable[Token], *, addresses: bool = False) -> str:
    """Return what a reader sees of inline tokens, pictures as their description.

    With `addresses`, a link to the web is followed by its address in brackets, for text mail.
    """
    parts: list[str] = []
    address, label_from = "", 0
    for token in children:
        if token.type in ("text", "code_inline", "mention", "text_special"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "image":
            parts.append(words(token.children or ()))
        elif token.type == "link_open":
            address, label_from = str(token.attrGet("href")), len(parts)
        elif token.type == "link_close" and addresses:
            parts.append(_where(address, "".join(parts[label_from:])))
    return "".join(parts)


def _where(address: str, label: str) -> str:
    return f" ({address})" if address.lower().startswith("http") and label not in address else ""


_parser = _new_parser()
