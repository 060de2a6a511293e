"""A chart of the pages as an SVG document of its own, in colours for paper."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.insights.kpi_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart

INK, QUIET, LINE, ACCENT, BAND, TARGET = "#1c2430", "#5b6472", "#d5dae1", "#2f5fb3", "#dbe5f5", "#dcefe2"
PLOT = RIGHT - LEFT


def svg(chart: Chart) -> str:
    return str(
        format_html(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" font-family="Libertinus Serif" '
            'font-size="14" fill="{}">{}{}{}{}{}{}{}{}</svg>',
            WIDTH, HEIGHT, QUIET, _target(chart), _grid(chart), _days(chart), _marks(chart),
            format_html_join("", '<polygon fill="{}" points="{}"/>', ((BAND, band) for band in chart.bands)),
            _baseline(chart), _lines(chart), _points(chart),
        )
    )  # fmt: skip


def _target(chart: Chart) -> SafeString:
    if not chart.target:
        return SafeString("")
    top, height = chart.target
    shape = '<rect fill="{}" x="{}" y="{}" width="{}" height="{}"/>'
    return format_html(shape, TARGET, LEFT, top, PLOT, max(height, 0))


def _grid(chart: Chart) -> SafeString:
    shape = '<line stroke="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
    rows = ((LINE, LEFT, RIGHT, at, at, LEFT - 6, at + 4, text) for text, at in chart.up)
    return format_html_join("", shape, rows)


def _days(chart: Chart) -> SafeString:
    shape = '<text x="{}" y="{}" text-anchor="middle">{}</text>'
    return format_html_join("", shape, ((at, BOTTOM + 20, text) for text, at in chart.across))


def _marks(chart: Chart) -> SafeString:
    shape = (
        '<line stroke="{}" stroke-dasharray="1 3" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text fill="{}" x="{}" y="14" text-anchor="middle">{}</text>'
    )
    rows = ((QUIET, at, at, TOP, BOTTOM, INK, at, letter) for letter, at in chart.marks)
    return format_html_join("", shape, rows)


def _baseline(chart: Chart) -> SafeString:
    if chart.baseline is None:
        return SafeString("")
    shape = '<line stroke="{}" stroke-width="1.5" stroke-dasharray="7 4" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    return format_html(shape, INK, LEFT, RIGHT, chart.baseline, chart.baseline)


def _lines(chart: Chart) -> SafeString:
    shape = '<polyline fill="none" stroke="{}" stroke-width="2" points="{}"/>'
    return format_html_join("", shape, ((ACCENT, line) for line in chart.lines))


def _points(chart: Chart) -> SafeString:
    shape = '<circle fill="{}" stroke="{}" cx="{}" cy="{}" r="2.5"/>'
    rows = (("#ffffff" if point.few else ACCENT, ACCENT, point.x, point.y) for point in chart.points)
    return format_html_join("", shape, rows)
