"""The one statement behind a dossier: what the log tells of a case up to a moment, and what stands beside the entries.

What an entry does not tell by then is not shown, whatever the tables hold by now: steps are counted off by the entries
of their layer, orders and decisions are those that some entry names. A case that was brought over from before the log
has one entry for all that it came with.
"""

from apps.audit.findings import COLUMNS

DOSSIER = f"""
WITH wanted AS (SELECT * FROM cases_case WHERE id = %(case)s),
released AS (
    SELECT release.*, convert_from(release.manifest, 'UTF8')::jsonb AS pins
    FROM workflows_release AS release JOIN wanted ON wanted.release_id = release.fingerprint
),
told (seq, entry_id, sequenced, id, at, action, object, actor, case_id, bytes, leaf) AS MATERIALIZED (
    SELECT {COLUMNS} FROM audit_entry AS entry LEFT JOIN audit_leaf AS place ON place.entry_id = entry.id
    WHERE entry.case_id = %(case)s AND entry.at <= %(at)s::timestamptz
),
ran AS (
    SELECT CASE action WHEN 'case.closed' THEN 'effects' ELSE substr(action, 6) END AS layer, count(*) AS times
    FROM told WHERE action IN ('case.intake', 'case.context', 'case.action', 'case.review', 'case.closed') GROUP BY 1
),
numbered AS (
    SELECT id, layer, revision, result, started_at, microseconds,
        row_number() OVER (PARTITION BY layer ORDER BY id) AS turn
    FROM cases_step WHERE case_id = %(case)s
),
brought AS (SELECT EXISTS (SELECT FROM told WHERE action = 'case.brought_over') AS over, min(at) AS at FROM told),
step AS (
    SELECT numbered.* FROM numbered CROSS JOIN brought LEFT JOIN ran ON ran.layer = numbered.layer
    WHERE numbered.turn <= ran.times OR brought.over AND numbered.turn = 1
),
named AS (
    SELECT DISTINCT split_part(actor, ':', 1) AS kind, split_part(actor, ':', 2) AS id FROM told
),
cited AS (
    SELECT DISTINCT passage ->> 'source' AS slug, (passage ->> 'version')::int AS version
    FROM step CROSS JOIN LATERAL jsonb_array_elements(step.result -> 'passages') AS passage
    WHERE step.layer = 'context'
)
SELECT json_build_object(
'case', (SELECT row_to_json(each) FROM (
    SELECT wanted.id, number, external_id, channel, customer, wanted.title, text, language, region, consent, arm,
        received_at, admitted_at, content_sha256, subject_id, workflow.slug AS workflow,
        workflow.title AS workflow_title, workflow.owner,
        (SELECT destroyed_at FROM audit_subject_key AS held WHERE held.subject = subject_id) AS forgotten_at
    FROM wanted JOIN workflows_workflow AS workflow ON workflow.id = wanted.workflow_id) AS each),
'release', (SELECT row_to_json(each) FROM (
    SELECT fingerprint, label, note, created_at, pins AS manifest FROM released) AS each),
'taxonomy', (SELECT row_to_json(each) FROM (
    SELECT version, sha256, signed_off_at, signed_off_name AS signed_off_by FROM taxonomies_taxonomyversion
    WHERE workflow = pins ->> 'workflow' AND sha256 = pins ->> 'taxonomy') AS each),
'prompts', coalesce((SELECT json_agg(each ORDER BY each.purpose DESC) FROM (
    SELECT DISTINCT ON (purpose) slug, version, purpose, model, text, sha256 FROM prompts_promptversion
    WHERE (purpose, sha256) IN (('intake', pins #>> '{{intake,prompt}}'), ('action', pins #>> '{{action,prompt}}'))
    ORDER BY purpose, id) AS each), '[]'),
'warrant', (SELECT row_to_json(each) FROM (
    SELECT kind, proposed_name, approved_name, reason, created_at FROM workflows_warrant
    WHERE release_id = fingerprint AND created_at <= %(at)s::timestamptz ORDER BY created_at DESC LIMIT 1) AS each),
'charter', (SELECT row_to_json(each) FROM (
    SELECT charter.version, charter.signed_at, charter.signed_name FROM workflows_charter AS charter
    JOIN wanted ON wanted.workflow_id = charter.workflow_id
    WHERE charter.signed_at <= %(at)s::timestamptz ORDER BY charter.version DESC LIMIT 1) AS each),
'snapshot', (SELECT row_to_json(each) FROM (
    SELECT snapshot.version, snapshot.sha256, snapshot.created_at, snapshot.signed_off_at,
        snapshot.signed_off_name AS signed_off_by
    FROM corpora_snapshot AS snapshot JOIN corpora_corpus AS corpus ON corpus.id = snapshot.corpus_id
    WHERE corpus.slug = pins #>> '{{context,corpus}}' AND snapshot.version = (pins #>> '{{context,snapshot}}')::int
    ) AS each),
'documents', coalesce((SELECT json_agg(each) FROM (
    SELECT document.id, document.slug, document.version, document.title, document.owner, document.sha256,
        lower(document.effective) AS since, upper(document.valid) AS ended_with
    FROM cited JOIN corpora_document AS document ON document.slug = cited.slug AND document.version = cited.version
    JOIN corpora_corpus AS corpus ON corpus.id = document.corpus_id
    WHERE corpus.slug = pins #>> '{{context,corpus}}' AND document.valid @> (pins #>> '{{context,snapshot}}')::int
    ) AS each), '[]'),
'entries', coalesce((SELECT json_agg(each ORDER BY each.seq NULLS LAST, each.at, each.entry_id) FROM (
    SELECT seq, entry_id, encode(sequenced, 'hex') AS sequenced, id, at, action, object, actor, case_id,
        encode(bytes, 'hex') AS bytes, encode(leaf, 'hex') AS leaf FROM told) AS each), '[]'),
'moments', coalesce((SELECT json_agg(at ORDER BY at) FROM audit_entry WHERE case_id = %(case)s), '[]'),
'steps', coalesce((SELECT json_agg(each ORDER BY each.id) FROM (
    SELECT id, layer, revision, turn, result, started_at, microseconds FROM step) AS each), '[]'),
'dispositions', coalesce((SELECT json_agg(each ORDER BY each.created_at) FROM (
    SELECT id, revision, kind, reviewer_name, role, reason_code, rationale, escalated_to, claims, checks_id, active_ms,
        created_at, EXISTS (SELECT FROM told WHERE object = 'disposition:' || made.id
            AND action IN ('review.undone', 'review.reopened')) AS undone
    FROM reviews_disposition AS made CROSS JOIN brought
    WHERE case_id = %(case)s AND ('disposition:' || id IN (SELECT object FROM told)
        OR brought.over AND created_at <= brought.at)) AS each), '[]'),
'effects', coalesce((SELECT json_agg(each ORDER BY each.position, each.id) FROM (
    SELECT effect.id, position, step, system.title AS system, operation, effect.object, params, params_digest, summary,
        amount::text, answer, problem
    FROM connectors_effect AS effect JOIN connectors_system AS system ON system.slug = effect.system_id
    WHERE case_id = %(case)s AND 'effect:' || effect.id IN (SELECT object FROM told)) AS each), '[]'),
'exchanges', coalesce((SELECT json_agg(each ORDER BY each.started_at, each.id) FROM (
    SELECT id, purpose, route, request_digest, response_digest, status, outcome, input_tokens, output_tokens,
        cost::text, started_at, microseconds
    FROM inference_exchange WHERE case_id = %(case)s AND started_at <= %(at)s::timestamptz) AS each), '[]'),
'pauses', coalesce((SELECT json_agg(each ORDER BY each.since) FROM (
    SELECT id, kind, note, by_name, since, until,
        CASE WHEN ended_at <= %(at)s::timestamptz THEN ended_at END AS ended_at,
        CASE WHEN ended_at <= %(at)s::timestamptz THEN ended_name ELSE '' END AS ended_name,
        CASE WHEN ended_at <= %(at)s::timestamptz THEN answer ELSE '' END AS answer
    FROM reviews_pause WHERE case_id = %(case)s AND since <= %(at)s::timestamptz) AS each), '[]'),
'complaints', coalesce((SELECT json_agg(each ORDER BY each.complained_at) FROM (
    SELECT id, said, complained_at, recorded_at, recorded_name,
        EXISTS (SELECT FROM told WHERE object = 'complaint:' || made.id AND action = 'complaint.withdrawn') AS withdrawn
    FROM cases_complaint AS made
    WHERE case_id = %(case)s AND 'complaint:' || id IN (SELECT object FROM told)) AS each), '[]'),
'names', (SELECT coalesce(json_object_agg(actor, name), '{{}}') FROM (
    SELECT 'person:' || named.id AS actor, person.name || ', ' || replace(membership.role, '_', ' ') AS name
    FROM named JOIN tenants_user AS person ON named.kind = 'person' AND person.id::text = named.id
    JOIN tenants_membership AS membership ON membership.user_id = person.id AND membership.tenant_id = %(tenant)s
    UNION ALL
    SELECT 'key:' || named.id, 'API key “' || key.name || '”'
    FROM named JOIN tenants_apikey AS key ON named.kind = 'key' AND key.id::text = named.id) AS each)
)::text
FROM (SELECT) AS one LEFT JOIN released ON true
"""  # noqa: S608 - made of constants
