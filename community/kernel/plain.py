"""Markdown tokens as readable text: lists keep their bullets, quotes their marks."""

from markdown_it.token import Token

from community.kernel.markdown import words


def as_lines(
    tokens: list[Token], *, quotes: bool = True, marks: bool = True, addresses: bool = False
) -> str:
    """Return the text with a blank line between blocks.

    Without `quotes` what is quoted is left out; without `marks` so are bullets and numbers;
    with `addresses` links to the web are followed by where they lead.
    """
    page = _Page(quotes=quotes, marks=marks, addresses=addresses)
    for token in tokens:
        page.read(token)
    return "\n".join(page.lines).strip("\n")


class _Page:
    def __init__(self, *, quotes: bool, marks: bool, addresses: bool):
        self.lines: list[str] = []
        self.quotes, self.marks, self.addresses = quotes, marks, addresses
        self.indents: list[str] = []
        self.numbers: list[int | None] = []
        self.marker = ""
        self.cells: list[str] | None = None
        self.quote_depth = 0

    def read(self, token: Token) -> None:
        step = getattr(self, f"_{token.type}", None)
        if step is not None:
            step(token)
        if token.level == 0 and token.nesting <= 0 and self.lines and self.lines[-1]:
            self.lines.append("")

    def _write(self, text: str) -> None:
        if self.quote_depth and not self.quotes:
            return
        for line in text.split("\n"):
            indent = "".join(self.indents)
            if self.marker:
                indent = indent[: -len(self.marker)] + self.marker
                self.marker = ""
            self.lines.append((indent + line).rstrip())

    def _blockquote_open(self, _token: Token) -> None:
        self.quote_depth += 1
        self.indents.append("> " if self.marks else "")

    def _blockquote_close(self, _token: Token) -> None:
        self.quote_depth -= 1
        self.indents.pop()

    def _bullet_list_open(self, _token: Token) -> None:
        self.numbers.append(None)

    def _ordered_list_open(self, token: Token) -> None:
        self.numbers.append(int(token.attrGet("start") or 1))

    def _list_close(self, _token: Token) -> None:
        self.numbers.pop()

    _bullet_list_close = _ordered_list_close = _list_close

    def _list_item_open(self, _token: Token) -> None:
        number = self.numbers[-1]
        if number is not None:
            self.numbers[-1] = number + 1
        if self.marks:
            self.marker = "- " if number is None else f"{number}. "
        self.indents.append(" " * len(self.marker))

    def _list_item_close(self, _token: Token) -> None:
        self.indents.pop()
        self.marker = ""

    def _tr_open(self, _token: Token) -> None:
        self.cells = []

    def _tr_close(self, _token: Token) -> None:
        self._write(" | ".join(self.cells or ()))
        self.cells = None

    def _inline(self, token: Token) -> None:
        text = words(token.children or (), addresses=self.addresses)
        if self.cells is not None:
            self.cells.append(text)
        else:
            self._write(text)

    def _fence(self, token: Token) -> None:
        self._write(token.content.rstrip("\n"))

    _code_block = _fence
