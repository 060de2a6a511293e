"""An item of the hand-over that this room's records answer: whether the client's people have taken everything out."""

from django.utils import timezone

from apps.engagements.cadence.hand_over_items import LATELY, Finding, Item, client_people
from apps.engagements.engagement_models import Engagement
from apps.portability.models import HandOver


def taken_out(_: Engagement) -> Finding:
    fetched = HandOver.objects.filter(created_by__in=client_people(), downloads__gt=0)
    lately = fetched.filter(finished_at__gte=timezone.now() - LATELY).first()
    if lately is not None:
        said = (
            f"{lately.created_name} asked for the last one that was downloaded, made on {lately.finished_at:%d %b %Y}."
        )
        return Finding("good", f"Full archives downloaded by the client’s people: {fetched.count()}. {said}")
    said = f"Full archives downloaded by the client’s people: {fetched.count()}, none of the last 13 weeks."
    return Finding("missing", said, "Let them make one, download it, and take it in elsewhere once.")


ITEM = Item("archive", "Everything can be taken out", "", taken_out, "hand_overs")
