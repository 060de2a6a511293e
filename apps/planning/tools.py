"""The public tools as search engines and models read of them."""

import json
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True)
class Tool:
    page: str  # names of addresses
    data: str
    title: str
    does: str


TOOLS = (
    Tool(
        "sprint",
        "sprint_data",
        "Sprint plan",
        "Ten working days of Discovery for an idea: tasks, outputs, risks, and whom to shadow.",
    ),
    Tool(
        "roi",
        "roi_data",
        "Return",
        "Cash, payback and net present value of an AI-native workflow over 36 months, in ranges; it says no where a"
        " workflow does not fit.",
    ),
    Tool(
        "build_or_buy",
        "build_or_buy_data",
        "Build or buy",
        "Eight factors whose weights you can see and change, and what would turn the answer.",
    ),
    Tool(
        "public_readiness",
        "public_readiness_data",
        "Readiness",
        "How far your use of AI is from what sixteen frameworks ask, with the gaps by risk and effort.",
    ),
)


def linked_data(tool: Tool, site: str) -> dict[str, object]:
    """A schema.org WebApplication, as JSON-LD. `site` ends with a slash."""
    return {
        "@context": "https://schema.org",
        "@type": "WebApplication",
        "name": f"Thinslice: {tool.title}",
        "url": f"{site}{reverse(tool.page)[1:]}",
        "description": tool.does,
        "applicationCategory": "BusinessApplication",
        "operatingSystem": "any",
        "isAccessibleForFree": True,
    }


def embedded(data: dict[str, object]) -> SafeString:
    """JSON that may stand in a script element: no `<` in it, so it cannot end the element."""
    return mark_safe(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S308 - nothing can close it
