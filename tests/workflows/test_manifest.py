"""A manifest's fingerprint names what it says, and keeps naming it when manifests learn to say more."""

import json

from apps.cases.loading import load
from apps.tenants.actors import SYSTEM
from apps.workflows.manifest import ActionPart, ContextPart, IntakePart, Manifest, TypeThresholds
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from tests.cases.world import shop_system, workflow

__all__ = ["shop_system", "workflow"]

INTAKE = {
    "classifiers": {"case_type": "c" * 64},
    "encoder": "e" * 64,
    "high": "0.900000",
    "medium": "0.500000",
    "route": "",
    "prompt": "",
}


def manifest(**intake: object) -> Manifest:
    return Manifest(
        workflow="shop",
        taxonomy_version=1,
        taxonomy="t" * 64,
        intake=IntakePart.model_validate(INTAKE | intake),
        context=ContextPart(corpus="shop", snapshot=1, snapshot_sha256="s" * 64, passages=8, reranker="maxsim"),
        action=ActionPart(route="local:extractive", prompt="", grants=("shop.refund",), amount_limit="100"),
    )


def test_without_thresholds_of_its_own_no_type_is_spoken_of_and_the_fingerprint_is_the_old_one():
    assert json.loads(manifest().canonical())["intake"] == INTAKE
    assert manifest().fingerprint == "4e97c8ac34f470ee1e8ba421cc2f92cfac281f7f04133345018b0514dcca8756"


def test_a_types_own_thresholds_are_part_of_what_the_fingerprint_names():
    own = manifest(per_type={"refund": TypeThresholds(high="0.700000", medium="0.500000")})
    assert own.fingerprint != manifest().fingerprint
    assert json.loads(own.canonical())["intake"]["per_type"] == {"refund": {"high": "0.700000", "medium": "0.500000"}}
    assert Manifest.model_validate_json(own.canonical()) == own


def test_a_release_is_loaded_with_the_thresholds_of_its_types(workflow):
    stored = manifest_of(workflow.production)
    own = {"refund": TypeThresholds(high="0.700000", medium="0.500000")}
    changed = stored.model_copy(update={"intake": stored.intake.model_copy(update={"per_type": own})})
    candidate = create_release(actor=SYSTEM, workflow=workflow, manifest=changed)
    assert load(candidate.pk).release.band("refund", 0.8) == "high"
    assert load(workflow.production_id).release.band("refund", 0.8) == "medium"
