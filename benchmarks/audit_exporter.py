"""Works on one export in a process of its own: python -m benchmarks.audit_exporter SCHEMA EXPORT

Prints the seconds that it took, and the most MB that the process held.
"""

import json
import resource
import sys
from time import perf_counter
from uuid import UUID

import django

django.setup()

from apps.compliance.exports.services import work  # noqa: E402
from apps.tenants.schemas import in_schema  # noqa: E402

begin = perf_counter()
with in_schema(sys.argv[1]):
    work(UUID(sys.argv[2]))
print(json.dumps([perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
