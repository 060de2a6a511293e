"""Numbers and times in words. The exact time is always in the title."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.cases.models import Case
from apps.cases.reading import headline
from apps.reviews.reasons import CODES
from apps.tenants.capabilities import Role

register = template.Library()


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """A <time> that reads as “14 min ago” and shows the exact time when pointed at; nothing for None."""
    if moment is None:
        return ""
    return _time(moment, ago(moment))


@register.simple_tag
def exactly(moment: datetime | None) -> SafeString | str:
    """A <time> to the second, as a record needs it."""
    return "" if moment is None else _time(moment, f"{moment:%d %b %Y, %H:%M:%S}")


def _time(moment: datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), f"{moment:%A %d %B %Y, %H:%M:%S} UTC", words
    )


@register.filter
def ago(moment: datetime) -> str:
    past = timezone.now() - moment
    if past.days >= 14:
        return f"{moment:%d %b %Y}"
    return "just now" if past.total_seconds() < 45 else f"{span(past)} ago"


@register.filter
def span(length: timedelta | None) -> str:
    """A waiting time: 14 min, 3 h, 2 d."""
    if length is None:
        return ""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 48 * 3600 else f"{seconds // 86400} d"


@register.simple_tag
def waited(since: datetime | None) -> SafeString | str:
    """A <time> that reads as “14 min”."""
    return "" if since is None else _time(since, span(timezone.now() - since))


@register.simple_tag
def share(number: int, of: int) -> SafeString:
    """A bar as long as the share; whoever cannot see it has the number beside it."""
    return format_html(
        '<svg class="share" aria-hidden="true"><rect width="{}%" height="8" rx="4"/></svg>',
        round(100 * number / of) if of else 0,
    )


@register.filter
def took(length: timedelta | None) -> str:
    """A computing time: 12 ms, 0.21 s, 1.8 s."""
    if length is None:
        return ""
    seconds = length.total_seconds()
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "under 1 ms"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}".replace("%", " %")


@register.filter
def percent_text(share: str) -> str:
    """0.02 → 2 %: a share that is kept as decimal text, with no more digits than it has."""
    return f"{(Decimal(share) * 100).normalize():f} %"


@register.filter
def name(slug: str) -> str:
    """order-status → Order status"""
    return slug.replace("-", " ").replace("_", " ").capitalize()


@register.filter
def role(name: str) -> str:
    """decision_owner → decision owner"""
    return Role(name).label.lower() if name in set(Role) else name


@register.filter
def tone(case: Case) -> str:
    """The colour of the tag that says where a case stands."""
    if case.state != Case.State.CLOSED:
        return "accent" if case.state == Case.State.REVIEW else ""
    return "bad" if case.outcome == Case.Outcome.REJECTED else "good"


@register.filter
def channel(name: str) -> str:
    return {"email": "e-mail", "form": "web form", "phone": "telephone", "api": "interface"}.get(
        name, name.replace("_", " ")
    )


@register.filter
def reason(code: str) -> str:
    return CODES.get(code, code).lower()


@register.filter
def drafter(name: str) -> str:
    """local:extractive → drafted here, from the passages' own sentences"""
    if name.startswith("local:"):
        return "made of the passages’ own sentences"
    return f"drafted by {name.partition(':')[2]}" if name else ""


@register.filter
def withheld(why: str) -> str:
    return {
        "consent": "without consent",
        "region": "another region",
        "allow_list": "not allowed for this type",
        "not_in_force": "not in force",
    }.get(why, why)


@register.filter
def effect_tone(state: str) -> str:
    return {"confirmed": "good", "reconciled": "good", "failed": "bad", "unknown": "warn", "sent": "accent"}.get(
        state, ""
    )


register.filter("headline", headline)
