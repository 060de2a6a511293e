"""What the layers may reach for one case of a tenant: its classifiers, corpus, systems of record and models."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from django.conf import settings

from apps.cases import extractive
from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    CaseInput,
    Citation,
    Claim,
    Draft,
    DraftRequest,
    Passage,
    Prediction,
    SearchAnswer,
    SearchRequest,
    Tag,
)
from apps.cases.loading import Loaded
from apps.cases.retrieval import TenantCorpus
from apps.connectors.lookups import look_up
from apps.corpora.search import QueryEncoder
from apps.inference.classify import CaseTypeOption, ask_case_type
from apps.inference.drafting import DraftQuestion, Source, draft_with_model
from apps.inference.exchanges import About
from apps.inference.local.encoder import Encoder, Vectors, default_encoder
from apps.inference.models import Exchange
from apps.taxonomies.content import Taxonomy


class Meaning(NamedTuple):
    encoder: str  # its fingerprint
    vector: list[float]  # 384 numbers, of unit length


class OnceEncoder:
    """Encodes each text once: intake and context read the same words of a case."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._encoded: dict[tuple[str, ...], tuple[Vectors, list[Vectors]]] = {}

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        key = tuple(texts)
        if key not in self._encoded:
            self._encoded[key] = self._encoder.both(texts)
        return self._encoded[key]


class TenantPorts:
    """The production ports. They read; the only thing they write is a model's answer, before it is used."""

    def __init__(
        self,
        loaded: Loaded,
        about: About,
        encoder: QueryEncoder | None = None,
        ask: Callable[..., Any] | None = None,
    ) -> None:
        """`ask` stands in for asking a hosted model."""
        self._loaded = loaded
        self._about = about
        self._ask_model = ask
        self._asked: list[Exchange] = []
        self._encoder = encoder or OnceEncoder(default_encoder(settings.MODEL_DIR))
        self._corpus = TenantCorpus(loaded.manifest.context, self._encoder)

    def take_asked(self) -> list[Exchange]:
        """The round trips to hosted models since this was last called: a layer's entry names them."""
        asked, self._asked = self._asked, []
        return asked

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None:
        artefact = self._loaded.classifiers.get(tag)
        if artefact is None:
            return None
        return artefact.predict([case.words], self._encoder.both([case.words])[0])[0]

    def meaning(self, case: CaseInput) -> Meaning:
        """What intake and context have read already, mostly, so that it costs nothing more."""
        return Meaning(self._encoder.fingerprint, self._encoder.both([case.words])[0][0].tolist())

    def ask_case_type(self, case: CaseInput, candidates: Sequence[tuple[str, float]]) -> Tag | None:
        route = self._loaded.release.routes["intake"]
        if not route:
            return None
        answer = ask_case_type(
            route=route,
            about=self._about,
            ask=self._ask,
            instructions=self._loaded.prompts["intake"],
            subject=case.subject,
            text=case.text,
            options=_options(self._loaded.release.taxonomy),
            candidates=[candidate for candidate in candidates if candidate[1] > 0],
        )
        band = self._loaded.release.band(answer.case_type, answer.confidence)
        return Tag(value=answer.case_type, confidence=answer.confidence, band=band, decided_by="model", why=answer.why)

    def search(self, request: SearchRequest) -> SearchAnswer:
        return self._corpus.search(request)

    def passages(self, anchors: Sequence[str], request: SearchRequest) -> tuple[Passage, ...]:
        return self._corpus.passages(anchors, request)

    def look_up(self, system: str, operation: str, key: str) -> Mapping[str, str] | None:
        return look_up(system, operation, key)

    def draft(self, request: DraftRequest) -> Draft:
        route = self._loaded.release.routes["action"]
        if route.startswith("local:"):
            return extractive.draft(request)
        return self._draft_with_model(request, route)

    def _draft_with_model(self, request: DraftRequest, route: str) -> Draft:
        kind = self._loaded.release.taxonomy.case_type(request.intake.case_type.value)
        answer = draft_with_model(
            DraftQuestion(
                about=self._about,
                subject=request.case.subject,
                text=request.case.text,
                language=request.case.language,
                case_type=kind.title if kind else "",
                passages=[Source(each.id, each.title, each.heading, each.text) for each in request.context.passages],
                facts={fact.name: fact.value for fact in request.context.facts},
                decisions=request.decisions,
                decided=request.decision.slug if request.decision else "",
                why=request.decision.why if request.decision else "",
                opening=request.opening,
                closing=request.closing,
                problems=request.problems,
            ),
            route=route,
            instructions=self._loaded.prompts["action"],
            ask=self._ask,
        )
        return Draft(
            claims=tuple(
                Claim(
                    text=claim.text,
                    kind=claim.kind,
                    citations=tuple(Citation(passage=each.passage, quote=each.quote) for each in claim.citations),
                )
                for claim in answer.claims
            ),
            reasoning=answer.reasoning,
            confidence=answer.confidence,
            decision=answer.decision or "",
            prompt=self._loaded.manifest.action.prompt,
            exchange=str(answer.exchange),
        )

    def _ask(self, **question: Any) -> Any:
        if self._ask_model is None:
            from apps.inference.door import ask  # not before it is needed: the SDK behind it takes a second to load

            self._ask_model = ask
        answer = self._ask_model(**question)
        self._asked += answer.exchanges
        return answer


def _options(taxonomy: Taxonomy) -> list[CaseTypeOption]:
    nothing = CaseTypeOption(OUT_OF_SCOPE, taxonomy.out_of_scope.title, taxonomy.out_of_scope.description)
    return [CaseTypeOption(kind.slug, kind.title, kind.description) for kind in taxonomy.case_types] + [nothing]
