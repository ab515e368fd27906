"""From what people write to what is safe to show: the only place that makes HTML of it.

Markdown is what is stored. `render` is called once when a post is saved and its result kept
beside `RENDER_VERSION`; whoever finds an older version renders again. Nothing else in the
application may say `Markup`.
"""

import re
import threading
from collections.abc import Collection, Mapping
from html import escape
from types import MappingProxyType

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from community.kernel import markdown
from community.kernel.errors import Invalid
from community.kernel.html import from_html
from community.kernel.i18n import _
from community.kernel.plain import as_lines
from community.kernel.svg import safe_svg
from community.kernel.unicode import clean_body, clean_line, cut, slugify, unaccented

__all__ = [
    "MAX_BODY", "RENDER_VERSION", "clean_body", "clean_line", "excerpt", "from_html", "links",
    "mentions", "ours", "pictures", "plain", "quote", "quoted_posts", "render", "sanitise",
    "slugify", "stored", "svg", "unaccented",
]  # fmt: skip

MAX_BODY = 32_000
RENDER_VERSION = 1

TAGS = frozenset({
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h3",
    "h4", "h5", "h6", "a", "img", "table", "thead", "tbody", "tr", "th", "td",
})  # fmt: skip
PROTOCOLS = frozenset({"http", "https", "mailto"})
EXTERNAL = "ugc nofollow noopener"
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
ALIGNMENTS = {"text-align:center": "align-center", "text-align:right": "align-end"}

# Cleaning time in microseconds per tag, entity and picture, measured with texts made of nothing
# else. Together with the parsing it stays under `markdown.MAX_COST`.
COSTS = {"<": 18, "&": 9, "<img": 14}

_NONE: Mapping = MappingProxyType({})
_LANGUAGE = re.compile(r"language-[A-Za-z0-9+#.-]{1,20}")
_local = threading.local()


def render(
    source: str,
    *,
    people: Mapping[str, str] = _NONE,
    pictures: Mapping[str, tuple[int, int]] = _NONE,
    muted_quotes: Collection[int] = (),
    muted_text: str | None = None,
) -> Markup:
    """Return the safe HTML of a Markdown text.

    `people` maps lower-case user names to the path of their profile: only those become links.
    `pictures` maps media addresses to (width, height) in pixels, so the page does not jump.
    A quote of a post in `muted_quotes` is replaced by `muted_text`. A text too dense or too
    nested to be formatted in a quarter of a second is shown as it was written. Raises Invalid
    above MAX_BODY characters.
    """
    source = clean_body(source)
    if len(source) > MAX_BODY:
        raise Invalid(_("This text is too long: %(limit)s characters at most.", limit=MAX_BODY))
    tokens = markdown.parse(source)
    if tokens is None:
        return _as_written(source)
    shaped = _shape(_mute(tokens, muted_quotes, muted_text), people, pictures)
    html = RendererHTML().render(shaped, OptionsDict(_RENDERING), {})
    cleaning = sum(html.count(mark) * microseconds for mark, microseconds in COSTS.items())
    if markdown.cost(source) + cleaning > markdown.MAX_COST:
        return _as_written(source)
    return sanitise(html)


def sanitise(html: str) -> Markup:
    """Reduce HTML to the tags, attributes and addresses a post may hold.

    What `render` made comes out as it went in. The time grows with the square of the number of
    tags, so callers bound the input; `render` does.
    """
    if not hasattr(_local, "cleaner"):
        # A cleaner shared between threads mixes their texts.
        _local.cleaner = Cleaner(
            tags=TAGS,
            attributes=_is_allowed,
            protocols=PROTOCOLS,
            strip=True,
            strip_comments=True,
            filters=[_Exact],
        )
    return Markup(_local.cleaner.clean(html))


def stored(html: str) -> Markup:
    """Return what `render` made and the database kept, to stand in a page again."""
    return Markup(html)


def ours(written: str) -> Markup:
    """Return a text of the catalogue, or markup written in this project, to stand in a page.

    Never for what people wrote. What is filled in with `%` or `format` is escaped.
    """
    return Markup(written)


def svg(source: str) -> Markup:
    """Return a brand's logo to stand in a page; Invalid when it holds more than drawing."""
    return Markup(safe_svg(source))


def plain(
    source: str,
    *,
    addresses: bool = False,
    muted_quotes: Collection[int] = (),
    muted_text: str | None = None,
) -> str:
    """Return the text without its marks, for text mail, feeds and search.

    With `addresses`, links to the web are followed by their address.
    """
    tokens = markdown.parse(clean_body(source))
    if tokens is None:
        return source
    return as_lines(_mute(tokens, muted_quotes, muted_text), addresses=addresses)


def excerpt(source: str, length: int = 200) -> str:
    """Return the beginning in one line of at most `length` characters, cut at a word.

    Quotes are left out: they are somebody else's words, and may have been removed since.
    """
    tokens = markdown.parse(clean_body(source))
    text = source if tokens is None else as_lines(tokens, quotes=False, marks=False)
    return cut(" ".join(text.split()), length)


def mentions(source: str) -> set[str]:
    """Return the lower-case user names mentioned in the writer's own words, quotes left out."""
    tokens = markdown.parse(clean_body(source)) or []
    found = markdown.inlines(tokens, in_quotes=False)
    return {token.meta["name"] for token in found if token.type == "mention"}


def links(source: str) -> list[str]:
    """Return where the text links to, in order, without repetition."""
    tokens = markdown.parse(clean_body(source)) or []
    found = (t.attrGet("href") for t in markdown.inlines(tokens) if t.type == "link_open")
    return list(dict.fromkeys(str(address) for address in found))


def pictures(source: str) -> list[str]:
    """Return the addresses of our pictures the text shows, in order, without repetition."""
    tokens = markdown.parse(clean_body(source)) or []
    found = (str(t.attrGet("src")) for t in markdown.inlines(tokens) if t.type == "image")
    return list(dict.fromkeys(filter(markdown.is_our_picture, found)))


def quote(source: str, *, name: str, url: str, post_id: int) -> str:
    """Return the Markdown that quotes a post, ready to be followed by a reply.

    `url` is the post's own `/t/<thread>/<slug>#post-<n>`. The post's id travels in the link, so
    a quote can be muted when its post is removed. Quotes inside the post are left out unless it
    holds nothing else.
    """
    path, _hash, anchor = url.partition("#")
    number = anchor.removeprefix("post-")
    label = "@" + re.sub(r"([_\\*`\[\]])", r"\\\1", name)
    first = f"[{label} #{number}]({path}?post={post_id}#{anchor}):"
    own = _without_quotes(clean_body(source)).strip("\n")
    lines = [first, "", *own.split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"


def quoted_posts(source: str) -> list[int]:
    """Return the ids of the posts the text quotes, in order, without repetition."""
    tokens = markdown.parse(clean_body(source)) or []
    found = [
        markdown.quoted_post(tokens, position)
        for position, token in enumerate(tokens)
        if token.type == "blockquote_open"
    ]
    return list(dict.fromkeys(post_id for post_id in found if post_id is not None))


# -- from tokens to HTML -----------------------------------------------------------------------

_RENDERING = {
    "html": False, "linkify": False, "linkify_fuzzy": False, "typographer": False, "quotes": "",
    "xhtmlOut": False, "breaks": True, "langPrefix": "language-", "highlight": None,
    "maxNesting": 0, "store_labels": False,
}  # fmt: skip


def _as_written(source: str) -> Markup:
    paragraphs = re.split(r"\n{2,}", escape(source.strip("\n"), quote=False))
    return Markup("".join(f"<p>{_with_breaks(paragraph)}</p>\n" for paragraph in paragraphs))


def _with_breaks(paragraph: str) -> str:
    return paragraph.replace("\n", "<br>\n")


def _without_quotes(source: str) -> str:
    lines = source.split("\n")
    kept = list(lines)
    for token in markdown.parse(source) or []:
        if token.type == "blockquote_open" and token.level == 0 and token.map:
            start, end = token.map
            kept[start:end] = [None] * (end - start)
    own = "\n".join(line for line in kept if line is not None)
    return own if own.strip() else source


def _mute(tokens: list[Token], posts: Collection[int], sentence: str | None) -> list[Token]:
    """Put a neutral sentence where a removed post is quoted."""
    if not posts:
        return tokens
    kept: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "blockquote_open" and markdown.quoted_post(tokens, position) in posts:
            said = sentence or _("The message quoted here was removed.")
            kept += _muted_quote(said, token.level)
            position = markdown.end_of(tokens, position)
        else:
            kept.append(token)
            position += 1
    return kept


def _muted_quote(sentence: str, level: int) -> list[Token]:
    said = Token("inline", "", 0, children=[Token("text", "", 0, content=sentence)])
    return [
        Token("blockquote_open", "blockquote", 1, {"class": "muted"}, block=True, level=level),
        Token("paragraph_open", "p", 1, block=True, level=level + 1),
        said,
        Token("paragraph_close", "p", -1, block=True, level=level + 1),
        Token("blockquote_close", "blockquote", -1, block=True, level=level),
    ]


def _shape(
    tokens: list[Token],
    people: Mapping[str, str],
    sizes: Mapping[str, tuple[int, int]],
) -> list[Token]:
    """Give headings their place under the page's own, and mentions and pictures their form."""
    for token in tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
        if token.tag in ("th", "td") and token.nesting == 1:
            alignment = ALIGNMENTS.get(str(token.attrs.pop("style", "")))
            token.attrs = {"class": alignment} if alignment else {}
        if token.children:
            token.children = _shape_inline(token.children, people, sizes)
    return tokens


def _shape_inline(
    children: list[Token],
    people: Mapping[str, str],
    sizes: Mapping[str, tuple[int, int]],
) -> list[Token]:
    shaped: list[Token] = []
    in_link = False
    for token in children:
        if token.type in ("link_open", "link_close"):
            in_link = token.nesting == 1
        if token.type == "mention":
            profile = people.get(token.meta["name"])
            shaped += _link(token.content, profile, css="mention")
        elif token.type == "image":
            shaped += _picture(token, sizes, in_link)
        else:
            shaped.append(token)
    return shaped


def _picture(token: Token, sizes: Mapping[str, tuple[int, int]], in_link: bool) -> list[Token]:
    """Show our own pictures; make any other a link, so that reading fetches nothing."""
    address = str(token.attrGet("src"))
    description = markdown.words(token.children or ())
    if not markdown.is_our_picture(address):
        return _link(description or address, None if in_link else address)
    token.children = [Token("text", "", 0, content=description)]
    if address in sizes:
        width, height = sizes[address]
        token.attrs |= {"width": width, "height": height}
    return [token]


def _link(label: str, address: str | None, *, css: str | None = None) -> list[Token]:
    said = Token("text", "", 0, content=label)
    if address is None:
        return [said]
    attributes = {"class": css, "href": address} if css else {"href": address}
    return [Token("link_open", "a", 1, attributes), said, Token("link_close", "a", -1)]


# -- what may remain ---------------------------------------------------------------------------


def _anything(_value: str) -> bool:
    return True


def _is_size(value: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,4}", value) is not None


VALUES = {
    ("a", "href"): markdown.is_safe_link,
    ("a", "title"): _anything,
    ("a", "class"): "mention".__eq__,
    ("blockquote", "class"): "muted".__eq__,
    ("code", "class"): lambda value: _LANGUAGE.fullmatch(value) is not None,
    ("img", "src"): markdown.is_our_picture,
    ("img", "alt"): _anything,
    ("img", "title"): _anything,
    ("img", "width"): _is_size,
    ("img", "height"): _is_size,
    ("ol", "start"): lambda value: re.fullmatch(r"[0-9]{1,9}", value) is not None,
    ("td", "class"): frozenset(ALIGNMENTS.values()).__contains__,
    ("th", "class"): frozenset(ALIGNMENTS.values()).__contains__,
}


def _is_allowed(tag: str, name: str, value: str) -> bool:
    check = VALUES.get((tag, name))
    return check is not None and check(value)


class _Exact(Filter):
    """Check every value again after bleach, whose reading of addresses lets some through."""

    def __iter__(self):
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag"):
                token["data"] = _exact(token["name"], token["data"])
            if token.get("name") != "img" or (None, "src") in token["data"]:
                yield token


def _exact(tag: str, attributes: Mapping) -> dict:
    given = {name: value for (space, name), value in attributes.items() if space is None}
    kept = {name: value for name, value in given.items() if _is_allowed(tag, name, value)}
    address = kept.get("href", "")
    if tag == "a" and not address.startswith("/"):
        kept.pop("class", None)
    if address.lower().startswith(("http:", "https:")):
        kept["rel"] = EXTERNAL
    if tag == "img":
        kept["loading"] = "lazy"
    return {(None, name): value for name, value in kept.items()}
