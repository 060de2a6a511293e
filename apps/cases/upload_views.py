"""Files of cases by browser: choose one, say what its columns are, watch it come in, get back what did not."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.audit.reads import object_read
from apps.cases.admission import NotAdmitted
from apps.cases.columns import FIELDS, LEFT_OUT, ColumnsUnclear, match_columns
from apps.cases.importing import name_columns
from apps.cases.imports import ImportRun
from apps.cases.rejected import rejected_lines, shown, with_beginning
from apps.cases.rows import Unreadable
from apps.cases.uploads import LIMIT, receive_file
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.tenants.schemas import current_schema, in_schema
from apps.workflows.models import Workflow

PER_PAGE = 25
ENCODINGS = (
    ("", "UTF-8, or UTF-16 with its mark"),
    ("cp1252", "Windows (cp1252)"),
    ("utf-16-le", "UTF-16 without a mark"),
)


@requires(Capability.CASES_ADMIT)
@require_http_methods(["GET", "POST"])
def upload_page(request: MemberRequest) -> HttpResponse:
    problem = ""
    file = request.FILES.get("file")
    if request.method == "POST":
        try:
            if not isinstance(file, UploadedFile):
                raise Unreadable("Choose a file first.")
            run = receive_file(
                actor=actor_of(request),
                workflow=_workflow(request.POST.get("workflow", "")),
                file=file,
                encoding=request.POST.get("encoding", "")[:40].replace("\x00", ""),
            )
            return redirect("import_run", run.pk)
        except (Unreadable, ColumnsUnclear, NotAdmitted) as error:
            problem = str(error)
    return _form(request, problem)


@requires(Capability.CASES_ADMIT)
@require_GET
def import_page(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = get_object_or_404(ImportRun.objects.select_related("workflow"), pk=run_id)
    page = Paginator(with_beginning(run), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "page": page,
        "rows": shown(page.object_list),
        "fields": FIELDS,
        "chosen": [(name, LEFT_OUT if field is None else field) for name, field in run.columns.items()],
    }
    part = "#progress" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"cases/import.html{part}", context)


@requires(Capability.CASES_ADMIT)
@require_POST
def import_columns(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """The columns that nobody knew: each is a field now, or left out."""
    run = get_object_or_404(ImportRun, pk=run_id)
    names = list(run.columns)
    given = {name: request.POST.get(f"column-{place}", LEFT_OUT) for place, name in enumerate(names)}
    try:
        name_columns(actor=actor_of(request), run=run, columns=match_columns(names, given))
    except ColumnsUnclear as error:
        messages.error(request, str(error).partition(" Say which")[0])
    return redirect("import_run", run.pk)


@requires(Capability.CASES_ADMIT)
@require_GET
def rejected_rows(request: MemberRequest, run_id: UUID) -> HttpResponseBase:
    run = get_object_or_404(ImportRun, pk=run_id)
    object_read(request, f"import:{run.pk}", part="rejected rows")
    lines = _in_their_schema(current_schema(), run)
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Content-Disposition"] = content_disposition_header(True, f"{run.file_name}.rejected.jsonl") or ""
    return response


def _in_their_schema(schema: str, run: ImportRun) -> Iterator[str]:
    """The body is sent when the view has long returned, whatever the connection is used for by then."""
    with in_schema(schema):
        yield from rejected_lines(run)


def _form(request: MemberRequest, problem: str) -> HttpResponse:
    context = {
        "problem": problem,
        "workflows": Workflow.objects.exclude(production=None),
        "encodings": ENCODINGS,
        "posted": request.POST,
        "limit": LIMIT >> 20,
        "runs": ImportRun.objects.select_related("workflow")[:20],
    }
    return render(request, "cases/upload.html", context, status=400 if problem else 200)


def _workflow(slug: str) -> Workflow:
    found = Workflow.objects.select_related("production").filter(slug=slug.replace("\x00", "")).first()
    if found is None:
        raise NotAdmitted("Choose the workflow that the cases are for.")
    return found
