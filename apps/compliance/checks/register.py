"""The checks by the names that the map calls them."""

from collections.abc import Mapping
from functools import partial

from apps.compliance.checks import log, people, releases
from apps.compliance.evidence import Check

CHECKS: Mapping[str, Check] = {
    **{
        check.__name__: check
        for check in (
            log.activity_log, log.checkpoints, log.reads, log.exports, log.log_reviews, log.changes, log.signatures,
            log.scopes, log.corrective_actions,
            releases.inventory, releases.risk_tiers, releases.releases_approved, releases.releases_tested,
            releases.reach, releases.monitoring, releases.overrides, releases.challenge, releases.vendors,
            releases.swaps, releases.stops, releases.incidents,
            people.human_review, people.overseers, people.access_changes, people.second_factor, people.encryption,
            people.solely_automated, people.uses, people.interim_versions, people.disclosures, people.complaints,
            people.adverse_impact, people.processing_record, people.data_requests, people.erasures, people.contests,
            people.disposal,
        )
    },
    "kept_6_months": partial(log.kept, days=183),
    "kept_24_months": partial(log.kept, days=731),
    "kept_3_years": partial(log.kept, days=1096),
    "kept_6_years": partial(log.kept, days=2192),
}  # fmt: skip
