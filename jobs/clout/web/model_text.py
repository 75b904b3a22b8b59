"""The text of the model's page: the model card of sql/README.md, where alone it stands."""

from __future__ import annotations

import itertools
import re
from functools import cache

import mistune
from markupsafe import Markup, escape

from clout.config.paths import SQL

#: The section of the document that is shown.
HEADING = "## Model card: how good is it"
#: The picture that it shows, beside it in sql/.
PICTURE = "frontier.svg"
_SCROLLS = '<div class="scroll" tabindex="0" role="region" aria-label="Figures, table {}"><table>'


class _Page(mistune.HTMLRenderer):
    """Writes what the explorer's pages want: links that lead somewhere here, and what scrolls can be reached by keyboard."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A formula's file as its page; another document by its words alone, since it is not served."""
        name = re.fullmatch(r"(?:v\d+/)?(\w+)\.sql", url)
        return f'<a href="/sql/{name[1]}">{text}</a>' if name else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture of ours, where the service has it."""
        return (
            f'<img class="chart" src="/static/{escape(url)}" alt="{escape(text)}">' if url == PICTURE else escape(text)
        )

    def block_code(self, code: str, info: str | None = None) -> str:
        """Code that scrolls."""
        return f'<pre tabindex="0"><code>{escape(code)}</code></pre>\n'

    def block_html(self, html: str) -> str:
        """No markup of its own."""
        return str(escape(html))


@cache
def card() -> Markup:
    """The model card as HTML; nothing where the document is not installed."""
    file = SQL / "README.md"
    if not file.is_file():
        return Markup()
    _, _, rest = file.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    made = mistune.create_markdown(renderer=_Page(escape=True), plugins=["table"])
    page = str(made(section)).replace("<th>", '<th scope="col">').replace("<th style", '<th scope="col" style')
    page = re.sub(r' style="[^"]*"', "", page)  # the pages' policy allows no styles of their own
    numbers = itertools.count(1)
    page = re.sub("<table>", lambda _: _SCROLLS.format(next(numbers)), page)
    return Markup(page.replace("</table>", "</table></div>"))
