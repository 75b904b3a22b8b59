"""Charts, drawn by Altair and turned into SVG on the server: no script, and colours that follow a dark screen."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from clout.web import words

if TYPE_CHECKING:
    import altair as alt

Rows = Sequence[dict[str, Any]]

#: Colours of a light screen, and what stands for each on a dark one. Text and marks keep a contrast of 4.5 and 3 to 1.
INK, SOFT, LINE, ACCENT, PALE, DOWN = "#1b2733", "#52616f", "#d5dce2", "#0a6a8a", "#b9dce7", "#a4491f"
DARK = {INK: "#e9eef2", SOFT: "#a9b6c1", LINE: "#34424f", ACCENT: "#5cc3e4", PALE: "#1d5468", DOWN: "#f0a07a"}
_STYLE = (
    "<style>@media (prefers-color-scheme: dark){"
    + "".join(f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}' for light, dark in DARK.items())
    + "}</style>"
)
#: Width in pixels on a desk and on a phone.
WIDE, NARROW = 760, 320
_drawing = threading.Lock()


def history(rows: Rows, width: int) -> str:
    """The score of each day, in the band of its 90 % interval."""
    alt = _altair()
    data = alt.Data(values=[{**row, "ds": str(row["ds"])} for row in rows])
    # As words: a scale of time would draw hours between two nights.
    step = max(1, -(-len(rows) // (6 if width > NARROW else 3)))
    ticks = [str(row["ds"]) for row in rows[::step]]
    shown = alt.Axis(values=ticks, labelExpr="timeFormat(datetime(datum.value), '%e %b')", labelAngle=0, grid=False)
    x = alt.X("ds:O", title=None, axis=shown, scale=alt.Scale(type="point", padding=0.1))
    y = alt.Y("score:Q", title="points", scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(data)
    band = base.mark_area(color=PALE).encode(x=x, y=alt.Y("score_low:Q", title="points"), y2="score_high:Q")
    line = base.mark_line(color=ACCENT, strokeWidth=2, point=alt.OverlayMarkDef(color=ACCENT, size=30)).encode(x=x, y=y)
    return _svg(band + line, width, 200)


def points(rows: Rows, width: int) -> str:
    """A waterfall: from the 1 where everybody starts, what each platform and measure adds, up to the score."""
    alt = _altair()
    at, bars = 1.0, []
    for row in (row for row in rows if row["points"] >= 0.05):
        said = f"{row['platform']}: {words.FEATURES.get(row['feature'], (row['feature'],))[0]}"
        bars.append({"what": said, "from": at, "to": at + row["points"], "kind": "part"})
        at += row["points"]
    bars = [{"what": "everybody starts with", "from": 0, "to": 1, "kind": "sum"}, *bars]
    bars.append({"what": "score", "from": 0, "to": at, "kind": "sum"})
    for bar in bars:
        added = bar["to"] - bar["from"]
        bar["said"] = "under 1" if added < 0.5 else f"{added:.0f}" if bar["kind"] == "sum" else f"+{added:.0f}"
    data = alt.Data(values=bars)
    is_narrow = width <= NARROW
    room, height = (195, 38) if is_narrow else (280, 26)
    y = alt.Y("what:N", sort=None, title=None, axis=_names(room, "split(datum.value, ': ')" if is_narrow else ""))
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["part", "sum"], range=[PALE, ACCENT]))
    top = max(10.0, at * 1.15)
    scale = alt.Scale(domain=[0, top], nice=False)
    bar = (
        alt.Chart(data)
        .mark_bar(height=16)
        .encode(y=y, x=alt.X("from:Q", title="points", scale=scale), x2="to:Q", color=colour)
    )
    text = (
        alt.Chart(data)
        .mark_text(align="left", dx=5, color=INK)
        .encode(y=y, x=alt.X("to:Q", scale=scale), text="said:N")
    )
    return _svg(bar + text, width, height * len(bars), room=room)


def distribution(rows: Rows, width: int) -> str:
    """How many people have how many points."""
    alt = _altair()
    data = alt.Data(values=list(rows))
    ticks = list(range(0, 101, 10 if width > NARROW else 20))
    x = alt.X(
        "points_from:Q",
        bin="binned",
        title="points",
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=ticks, grid=False),
    )
    bar = (
        alt.Chart(data)
        .mark_bar(color=ACCENT, stroke=PALE)
        .encode(x=x, x2="points_to:Q", y=alt.Y("people:Q", title="people", axis=alt.Axis(tickMinStep=1)))
    )
    return _svg(bar, width, 180)


def audience(rows: Rows, width: int) -> str:
    """Seen, credible, moved, counted: each a part of the one before."""
    alt = _altair()
    data = alt.Data(values=list(rows))
    room = 200 if width > NARROW else 130
    y = alt.Y("what:N", sort=None, title=None, axis=_names(room))
    scale = alt.Scale(domain=[0, max(1.0, *(row["people"] * 1.15 for row in rows))], nice=False)
    bar = (
        alt.Chart(data).mark_bar(height=20, color=ACCENT).encode(y=y, x=alt.X("people:Q", title="people", scale=scale))
    )
    text = alt.Chart(data).mark_text(align="left", dx=5, color=INK).encode(y=y, x="people:Q", text="said:N")
    return _svg(bar + text, width, 32 * len(rows), room=room)


def volume(rows: Rows, width: int) -> str:
    """Rows kept of each platform, and the mark where its past lets them expect."""
    alt = _altair()
    data = alt.Data(values=list(rows))
    y = alt.Y("platform:N", title=None, axis=_names(130))
    bar = alt.Chart(data).mark_bar(height=16, color=ACCENT).encode(y=y, x=alt.X("value:Q", title="rows kept"))
    mark = alt.Chart(data).mark_tick(color=DOWN, thickness=3, height=24).encode(y=y, x="expected:Q")
    return _svg(bar + mark, width, 26 * len(rows), room=130)


def _names(room: int, said: str = "") -> Any:
    """An axis of names. A browser's letters may be a quarter wider than those that the place was measured with.

    said: how Vega says a name, such as in two lines.
    """
    given = {"labelExpr": said} if said else {}
    return _altair().Axis(
        minExtent=room, labelLimit=int(room * 0.75), domain=False, ticks=False, labelPadding=8, **given
    )


@cache
def _altair() -> Any:
    """Altair, imported where a chart is drawn: it takes a second."""
    import altair

    return altair


def _svg(chart: alt.LayerChart | alt.Chart, width: int, height: int, room: int = 46) -> str:
    import vl_convert

    alt = _altair()
    axis = {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    font = "system-ui, sans-serif"
    whole = chart.properties(width=max(80, width - room - 24), height=height, background="transparent").configure(
        font=font, axis=axis, view=alt.ViewConfig(stroke=None), text=alt.MarkConfig(fontSize=12)
    )
    with _drawing:
        svg = vl_convert.vegalite_to_svg(whole.to_dict(validate=False), allowed_base_urls=[])
    start = svg.index(">") + 1
    return svg[:start] + _STYLE + svg[start:]
