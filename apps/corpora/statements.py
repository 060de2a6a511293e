"""The search itself as SQL. Every branch ranks only passages of the documents in `allowed`."""

from apps.corpora.scope import ALLOWED

K1, B = 1.2, 0.75  # BM25's usual constants
# Reciprocal rank fusion's constant. Measured as nDCG@10 fused, nDCG@10 reranked and recall@50: on Cranfield .429, .429
# and .701 with 20, .424, .427 and .694 with the usual 60; on SciFact .714, .729 and .935, and .711, .725 and .934.
RRF = 20
RERANKED = 30  # passages whose token vectors are brought along

USABLE = f"""
allowed AS MATERIALIZED (
    SELECT d.id
    FROM corpora_document d
    WHERE d.corpus_id = %(corpus)s AND d.valid @> %(version)s::int AND {ALLOWED}
)
"""  # noqa: S608 - no value from outside is put into it

# A corpus has no planner statistics in the minute after its import, when they matter: the planner then takes it for
# empty and any order for as good. So the order is written down: `LATERAL … OFFSET 0` looks every term up in the index,
# and `IN … IS TRUE` is a look-up in a hash table instead of a join.

# Lucene's BM25: the idf cannot fall below zero. A term that comes twice in the query counts twice.
WORDS = f"""
query AS MATERIALIZED (
    SELECT t.term, t.times * ln(1 + (%(passages)s::float8 - s.passages + 0.5) / (s.passages + 0.5)) AS weight
    FROM unnest(%(terms)s::text[], %(times)s::int[]) AS t (term, times)
    CROSS JOIN LATERAL (
        SELECT s.passages FROM corpora_termstatistic s WHERE s.snapshot_id = %(snapshot)s AND s.term = t.term OFFSET 0
    ) s
),
words AS (
    SELECT passage_id, row_number() OVER (ORDER BY score DESC, passage_id) AS rank
    FROM (
        SELECT o.passage_id,
            sum(q.weight * o.frequency
                / (o.frequency + {K1} * ({1 - B} + {B} * o.length / %(average_length)s::float8))) AS score
        FROM query q
        CROSS JOIN LATERAL (
            SELECT * FROM corpora_posting o WHERE o.corpus_id = %(corpus)s AND o.term = q.term OFFSET 0
        ) o
        WHERE (o.document_id IN (SELECT id FROM allowed)) IS TRUE
        GROUP BY o.passage_id
        ORDER BY score DESC, o.passage_id
        LIMIT %(depth)s
    ) best
)
"""  # noqa: S608 - no value from outside is put into it

NEAREST_EXACT = """
    SELECT p.id AS passage_id, p.embedding <=> %(embedding)s::halfvec AS distance
    FROM corpora_passage p
    JOIN allowed ON allowed.id = p.document_id
    ORDER BY distance, p.id
    LIMIT %(depth)s
"""

NEAREST_BY_INDEX = """
    SELECT p.id AS passage_id, p.embedding <=> %(embedding)s::halfvec AS distance
    FROM corpora_passage p
    WHERE (p.document_id IN (SELECT id FROM allowed)) IS TRUE
    ORDER BY p.embedding <=> %(embedding)s::halfvec
    LIMIT %(depth)s
"""

# Without iterative scans an index that filters afterwards finds next to nothing of a small allowed set.
USE_INDEX = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '200', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_sort', 'off', true)
"""

PASSAGE = "d.slug, p.anchor, p.part, d.title, d.version, p.heading, p.text, p.sha256"

SEARCH = f"""
WITH {USABLE}, {WORDS},
nearest AS MATERIALIZED ({{nearest}}),
meaning AS (
    SELECT passage_id, row_number() OVER (ORDER BY distance, passage_id) AS rank FROM nearest
),
fused AS (
    SELECT passage_id, score, words, meaning, row_number() OVER (ORDER BY score DESC, passage_id) AS place
    FROM (
        SELECT coalesce(w.passage_id, m.passage_id) AS passage_id, w.rank AS words, m.rank AS meaning,
            coalesce(1.0::float8 / ({RRF} + w.rank), 0) + coalesce(1.0::float8 / ({RRF} + m.rank), 0) AS score
        FROM words w
        FULL JOIN meaning m ON m.passage_id = w.passage_id
    ) either
    ORDER BY score DESC, passage_id
    LIMIT %(wanted)s
)
SELECT {PASSAGE}, f.score, f.words, f.meaning,
    CASE WHEN %(rerank)s AND f.place <= {RERANKED} THEN p.token_vectors END, (SELECT count(*) FROM nearest)
FROM fused f
JOIN corpora_passage p ON p.id = f.passage_id
JOIN corpora_document d ON d.id = p.document_id
ORDER BY f.place
"""  # noqa: S608 - no value from outside is put into it

PASSAGES_AT = f"""
SELECT {PASSAGE}
FROM unnest(%(documents)s::text[], %(anchors)s::text[]) WITH ORDINALITY AS a (slug, anchor, place)
JOIN corpora_corpus c ON c.slug = %(corpus)s
JOIN corpora_snapshot s ON s.corpus_id = c.id AND s.version = %(version)s
JOIN corpora_document d ON d.corpus_id = c.id AND d.slug = a.slug AND d.valid @> s.version::int
JOIN corpora_passage p ON p.document_id = d.id AND p.anchor = a.anchor
WHERE {ALLOWED}
ORDER BY a.place, p.position
"""  # noqa: S608 - no value from outside is put into it
