"""The return for programs and on paper: the same figures as on the page."""

import json
from math import isfinite, isinf
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.compliance.exports.report import printable
from apps.insights.measures import MEASURES
from apps.insights.return_chart import ahead, as_svg, cash
from apps.insights.returns import Period, Return
from apps.insights.wording import baseline
from apps.planning.charts import dollars
from apps.planning.roi import CHANNELS

MINUS = "<U+2212>"  # what `printable` makes of the sign, which stands before sums that were lost
LAYOUT = Path(__file__).with_name("return.typ")


def as_json(found: Return) -> dict[str, Any]:
    """USD in whole dollars, months to a tenth, null where there is none or nothing is claimed."""
    made, flows = found.outcome, found.returned.channels
    total, low, high = found.returned.cumulative
    forecast = found.forecast
    return {
        "workflow": found.workflow.slug,
        "terms": found.terms.model_dump(mode="json"),
        "terms_source": found.source,
        "baselines": {
            name: {
                "value": each.value,
                "unit": MEASURES[name].unit,
                "low": each.low,
                "high": each.high,
                "n": each.n,
                "begin": str(each.begin),
                "end": str(each.end),
                "source": each.source,
            }
            for name, each in found.baselines.items()
        },
        "usd_an_hour": found.hour,
        "usd_an_hour_implied_by_baseline": found.hour_is_implied,
        "not_claimed": dict(found.missing),
        "payback_months": _month(made.payback),
        "payback_months_p10_p90": [_month(each) for each in made.payback_band],
        "npv_usd_36_months_at_10_percent": round(made.npv),
        "npv_usd_p10_p90": [round(each) for each in made.npv_band],
        "npv_usd_so_far": round(made.npv_so_far),
        "year_one_multiple": None if made.year_one is None else round(made.year_one, 2),
        "year_one_is_over": made.year_one_is_over,
        "ahead": [
            {
                "month": each.number,
                "measured": each.measured,
                "cumulative_usd": round(each.total),
                "cumulative_p10_usd": round(each.low),
                "cumulative_p90_usd": round(each.high),
                "forecast_cumulative_usd": None if each.forecast is None else round(each.forecast),
            }
            for each in ahead(found)
        ],
        "months": [
            {
                "month": each.name,
                "whole": each.whole,
                "cases_recorded": len(each.found),
                "cases_for_each_recorded": round(each.scale, 3),
                "channels_usd": {name: round(float(flow[0, at])) for name, flow in flows.items()},
                "cost_usd": round(each.cost),
                "cumulative_usd": round(float(total[at])),
                "cumulative_p10_usd": round(float(low[at])),
                "cumulative_p90_usd": round(float(high[at])),
                "forecast_cumulative_usd": round(float(forecast[0][at]))
                if forecast and at < len(forecast[0])
                else None,
            }
            for at, each in enumerate(found.periods)
        ],
        "costs": [
            {
                "on": str(line.on),
                "kind": line.kind,
                "title": line.title,
                "usd": round(line.usd, 2),
                "source": line.source,
            }
            for line in found.lines
        ],
    }


def pdf(found: Return, tenant: str, by: str) -> bytes:
    """A4, PDF/A-2."""
    import typst  # here: its program of 80 MB is of use to whoever asks for a paper alone

    return typst.compile(
        LAYOUT,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": printed(found, tenant, by)},
        pdf_standards=["a-2b"],
        timestamp=timezone.now().replace(microsecond=0),
    )


def printed(found: Return, tenant: str, by: str) -> str:
    """What the layout reads, as JSON."""
    return json.dumps(printable(_data(found, tenant, by))).replace(MINUS, "-")


def headline(found: Return) -> list[tuple[str, str, str]]:
    """Title, figure and what it rests on: on the page and on paper."""
    made, total = found.outcome, found.returned.cumulative
    paid_back = made.payback <= found.whole
    low, high = made.payback_band
    worst, best = (dollars(each) for each in made.npv_band)
    return [
        (
            "Cash so far",
            dollars(float(total[0][-1])),
            f"between {dollars(float(total[1][-1]))} and {dollars(float(total[2][-1]))} in eight of ten drawn worlds",
        ),
        (
            "Payback",
            months(made.payback),
            "reached, by whole months" if paid_back else "going on like the last three months" + _between(low, high),
        ),
        (
            "Net present value",
            dollars(made.npv),
            f"36 months at 10 %, going on so; between {worst} and {best}; so far {dollars(made.npv_so_far)}",
        ),
        (
            "Year-one multiple",
            "–" if made.year_one is None else f"{made.year_one:.1f} ×",
            "returned for each dollar spent"
            + ("" if made.year_one_is_over else f", {min(found.whole, 12)} of 12 months"),
        ),
    ]


def _between(low: float, high: float) -> str:
    """Of months; nothing where no drawn world pays back in time."""
    return "; in fewer than one of ten drawn worlds" if isinf(low) else f"; between {months(low)} and {months(high)}"


def months(value: float) -> str:
    return f"{value:.1f} months" if isfinite(value) else "not within 36 months"


def assumptions(found: Return) -> list[str]:
    """What the figures rest on beside the records, in sentences."""
    terms = found.terms
    said = []
    if terms.sampled:
        said.append(
            f"From Run on the records are taken for a sample of {terms.monthly_volume:,} cases a month."
            " Volume, savings and what models cost are scaled up to that; nobody has counted it."
        )
    if found.hour is not None:
        how = (
            "implied by the baselines of cost and handling time"
            if found.hour_is_implied
            else "as set on the page of figures"
        )
        said.append(f"An hour of a person’s work counts {found.hour:.2f} USD, {how}.")
    said.append(
        "The error rate of a month is that of everything looked at blind up to its end. It counts for what cleared by"
        " itself, and for what people decided, once somebody has looked at some of that. Learning is what clears by"
        " itself beyond the first whole month of Run; the rest of the time saved is labour."
    )
    if found.metered_from:
        said.append(
            f"Requests to models are let go by a rule of retention, and what they cost with them: of cases that closed"
            f" before {found.metered_from:%d %B %Y} it is missing from the costs."
        )
    said.append(f"Prices and dates: {found.source}.")
    return said


def _data(found: Return, tenant: str, by: str) -> dict[str, Any]:
    drawn, flows = cash(found), found.returned.channels
    total = found.returned.cumulative[0]
    return {
        "title": "Return on the workflow",
        "tenant": tenant,
        "workflow": found.workflow.title,
        "at": f"{timezone.now():%d %B %Y, %H:%M} UTC",
        "by": by,
        "headline": [list(each) for each in headline(found)],
        "svg": as_svg(drawn) if drawn else "",
        "channels": [
            [title, "not claimed" if usd is None else dollars(usd), why] for _, title, usd, why in found.channels
        ],
        "costs": [[title, dollars(usd)] for _, title, usd in found.costs],
        "head": ["Month", "Cases", *(CHANNELS[name] for name in flows), "Costs", "Cash, summed up"],
        "months": [
            [f"{each.begin:%b %Y}" + ("" if each.whole else " *"), _cases(each)]
            + [dollars(float(flow[0, at])) for flow in flows.values()]
            + [dollars(each.cost), dollars(float(total[at]))]
            for at, each in enumerate(found.periods)
        ],
        "baselines": [
            [title, value, f"n = {n}", f"{source}, {period}"]
            for title, value, n, period, source in map(baseline, found.baselines.values())
        ],
        "assumptions": assumptions(found),
    }


def _cases(period: Period) -> str:
    """Those that count, and how many of them are recorded where they are scaled up."""
    counted = f"{len(period.found) * period.scale:,.0f}"
    return counted if period.scale == 1 else f"{counted} ({len(period.found):,} recorded)"


def _month(value: float) -> float | None:
    return round(value, 1) if isfinite(value) else None
