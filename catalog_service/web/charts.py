"""Charts as SVG, drawn on the server: bars, a trend, counts that make up a whole.

Here: geometry and the text that stands for a chart where it is not seen. Not here: colours and sizes of letters
(style.css), which numbers are worth drawing (pages), their words (messages). Charts need no script and no inline style.
Widths are shares of the page, so letters keep their size on a telephone and on paper; every number that a chart shows is
also in its description.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

_BAR_ROW = 44
"""Pixels of one bar with its label above."""
_ROOM = 19
"""Chinese characters of a label; a Latin letter takes three fifths of one."""
_TOP, _HEIGHT, _FOOT = 14, 140, 26
"""Pixels above the plot of a trend, of the plot, and beneath it."""
_LEFT, _RIGHT = 13.0, 96.0
"""Where the plot of a trend begins and ends, per cent of the width."""
_FLOORS = (99.0, 95.0, 90.0, 80.0, 50.0, 0.0)
"""Where the scale of a trend may begin; the axis names it."""
_MOST_MARKS = 24
"""Points of a trend that are marked one by one; of longer ones only those that stand alone."""
_HATCH = Markup(
    '<defs><pattern id="{id}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="7" height="7"/><rect class="hatch-line" width="2" height="7"/></pattern></defs>'
)
_HEAD = Markup(
    '<svg class="chart {kind}" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" height="{height}">'
    '<title id="{name}-title">{title}</title><desc id="{name}-desc">{described}</desc>'
)
_LABEL = Markup('<text class="label" x="0" y="{y}">{label}</text><text class="value" x="100%" y="{y}">{shown}</text>')
_BAR = Markup('<rect class="ground" x="0" y="{y}" width="100%" height="12" rx="3"/>')
_FILL = Markup('<rect class="fill {level}" x="0" y="{y}" width="{width}" height="12" rx="3"/>')
_UNKNOWN = Markup('<rect x="0" y="{y}" width="100%" height="12" rx="3" fill="url(#{id}-hatch)"/>')
_GRID = Markup(
    '<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/><text class="tick" x="{at}" y="{middle}">{value}</text>'
)
_LINE = Markup('<line class="series" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
_MARK = Markup('<circle class="mark" cx="{x}" cy="{y}" r="3.5"/>')
_GAP = Markup('<rect class="gap" x="{x}" y="{y}" width="{width}" height="{height}" fill="url(#{id}-hatch)"/>')
_DATE = Markup('<text class="date {anchor}" x="{x}" y="{y}">{label}</text>')
_PART = Markup('<rect class="part {level}" x="{x}" y="0" width="{width}" height="16"/>')


class Bar(NamedTuple):
    """One bar: a value from 0 to 100, or None for what was not evaluated (未评)."""

    label: str
    value: float | None
    shown: str = ""
    """What stands at its end; empty: the value itself."""
    level: str = ""
    """`good`, `warn` or `bad`: its colour; the text at its end must say the same."""


class Point(NamedTuple):
    """One step of a trend: a value from 0 to 100, or None for a gap."""

    label: str
    """The day, month or run, as it is shown."""
    value: float | None


class Part(NamedTuple):
    """One part of a whole."""

    label: str
    number: int
    level: str = ""
    """`good`, `warn`, `bad` or `none`."""


def bars(title: str, items: Iterable[Bar], *, unevaluated: str) -> Markup:
    """Return horizontal bars, one beneath the other; what was not evaluated is hatched and says so in the word given."""
    drawn = [one._replace(shown=one.shown or _plain(one.value, unevaluated)) for one in items]
    name = _name("bars", title, drawn)
    rows = [_bar(name, one, number * _BAR_ROW) for number, one in enumerate(drawn)]
    described = "；".join(f"{one.label} {one.shown}" for one in drawn)
    hatch = _HATCH.format(id=name) if any(one.value is None for one in drawn) else Markup()
    return _svg(name, "bars", title, described, len(drawn) * _BAR_ROW, [hatch, *rows])


def trend(title: str, points: Sequence[Point], *, unevaluated: str) -> Markup:
    """Return a line over steps of equal width; a value that is missing leaves a hatched gap, never a line across it."""
    name = _name("trend", title, points)
    known = [one.value for one in points if one.value is not None]
    floor = next(one for one in _FLOORS if one <= min(known, default=0.0))
    parts = [
        _HATCH.format(id=name),
        *_grid(floor),
        *_gaps(name, points),
        *_lines(points, floor),
        *_marks(points, floor),
        *_dates(points),
    ]
    described = "；".join(f"{one.label} {_plain(one.value, unevaluated)}" for one in points)
    return _svg(name, "trend", title, described, _TOP + _HEIGHT + _FOOT, parts)


def parts(title: str, items: Iterable[Part]) -> Markup:
    """Return one bar made of the parts of a whole; parts of which there are none are left out."""
    present = [one for one in items if one.number > 0]
    whole, start, drawn = sum(one.number for one in present), 0.0, []
    for one in present:
        width = 100 * one.number / whole
        drawn.append(_PART.format(level=one.level, x=_percent(start), width=_percent(width)))
        start += width
    described = "；".join(f"{one.label} {one.number:,}" for one in present)
    return _svg(_name("parts", title, present), "parts", title, described, 16, drawn)


def _bar(name: str, one: Bar, top: int) -> Markup:
    label = _LABEL.format(y=top + 16, label=_short(one.label), shown=one.shown)
    if one.value is None:
        return label + _UNKNOWN.format(y=top + 24, id=name)
    filled = _FILL.format(y=top + 24, width=_percent(one.value), level=one.level) if one.value > 0 else Markup()
    return label + _BAR.format(y=top + 24) + filled


def _grid(floor: float) -> list[Markup]:
    values = (floor, (floor + 100) / 2, 100.0)
    return [
        _GRID.format(
            left=_percent(_LEFT),
            right=_percent(_RIGHT),
            y=_y(one, floor),
            at=_percent(_LEFT - 2),
            middle=_y(one, floor) + 4,
            value=f"{one:g}",
        )
        for one in values
    ]


def _gaps(name: str, points: Sequence[Point]) -> list[Markup]:
    step = (_RIGHT - _LEFT) / max(len(points) - 1, 1)
    found = []
    for number, one in enumerate(points):
        if one.value is None:
            start, end = max(_LEFT, _LEFT + (number - 0.5) * step), min(_RIGHT, _LEFT + (number + 0.5) * step)
            found.append(_GAP.format(id=name, x=_percent(start), y=_TOP, width=_percent(end - start), height=_HEIGHT))
    return found


def _lines(points: Sequence[Point], floor: float) -> list[Markup]:
    found = []
    for number, (one, after) in enumerate(pairwise(points)):
        if one.value is not None and after.value is not None:
            ends = {
                "x1": _x(number, points),
                "x2": _x(number + 1, points),
                "y1": _y(one.value, floor),
                "y2": _y(after.value, floor),
            }
            found.append(_LINE.format(**ends))
    return found


def _marks(points: Sequence[Point], floor: float) -> list[Markup]:
    values = [None, *(one.value for one in points), None]
    found = []
    for number, one in enumerate(points):
        is_alone = values[number] is None and values[number + 2] is None
        if one.value is not None and (is_alone or len(points) <= _MOST_MARKS):
            found.append(_MARK.format(x=_x(number, points), y=_y(one.value, floor)))
    return found


def _dates(points: Sequence[Point]) -> list[Markup]:
    y = _TOP + _HEIGHT + 18
    if not points:
        return []
    first = _DATE.format(anchor="first", x=_x(0, points), y=y, label=points[0].label)
    if len(points) == 1:
        return [first]
    return [first, _DATE.format(anchor="last", x=_x(len(points) - 1, points), y=y, label=points[-1].label)]


def _svg(name: str, kind: str, title: str, described: str, height: int, drawn: Iterable[Markup]) -> Markup:
    head = _HEAD.format(kind=kind, name=name, height=height, title=title, described=described)
    return head + Markup("").join(drawn) + Markup("</svg>")


def _name(kind: str, title: str, content: object) -> str:
    """Return an id that two different charts of one page do not share."""
    return f"{kind}-{hashlib.sha256(f'{title}{content!r}'.encode()).hexdigest()[:10]}"


def _plain(value: float | None, unevaluated: str) -> str:
    """Return a value as shown, rounded down: only what is whole says 100."""
    return unevaluated if value is None else f"{math.floor(value * 10 + 1e-9) / 10:g}"


def _x(number: int, points: Sequence[Point]) -> str:
    return _percent(_LEFT + (_RIGHT - _LEFT) * number / max(len(points) - 1, 1))


def _y(value: float, floor: float) -> float:
    return round(_TOP + _HEIGHT * (100 - min(100.0, value)) / (100 - floor), 2)


def _percent(value: float) -> str:
    return f"{min(100.0, max(0.0, value)):.3f}".rstrip("0").rstrip(".") + "%"


def _short(label: str) -> str:
    """Return a label that leaves room for its value on a telephone; the description has all of it."""
    room, shown = float(_ROOM), ""
    for letter in label:
        room -= 0.6 if letter.isascii() else 1
        if room < 0:
            return f"{shown}…"
        shown += letter
    return label
