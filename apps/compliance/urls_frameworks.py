from django.urls import path

from apps.compliance import views_frameworks as frameworks
from apps.compliance import views_readiness as readiness
from apps.compliance import views_registers as registers

urlpatterns = [
    path("frameworks/", frameworks.frameworks_page, name="frameworks"),
    path("frameworks/<slug:framework_id>/", frameworks.framework_page, name="framework"),
    path("frameworks/<slug:framework_id>/json/", frameworks.framework_json, name="framework_json"),
    path("frameworks/<slug:framework_id>/scope/", frameworks.framework_scope, name="framework_scope"),
    path("gaps/", frameworks.gaps_page, name="gaps"),
    path("gaps/<slug:row_id>/", frameworks.gap_page, name="gap"),
    path("gaps/<slug:row_id>/plan/", frameworks.gap_plan, name="gap_plan"),
    path("gaps/<slug:row_id>/close/", frameworks.gap_closing, name="gap_closing"),
    path("log-reviews/", registers.log_reviews_page, name="log_reviews"),
    path("log-reviews/sign/", registers.log_review_signing, name="log_review_signing"),
    path("signatures/", registers.signatures_page, name="signatures"),
    path("adverse-impact/", registers.impact_page, name="impact"),
    path("adverse-impact/attributes/", registers.attributes_upload, name="attributes_upload"),
    path("record-of-processing/", registers.processing_page, name="processing_record"),
    path("record-of-processing/new/", registers.processing_writing, name="processing_writing"),
    path("disclosures/", registers.disclosures_page, name="disclosures"),
    path("versions/", registers.versions_page, name="versions"),
    path("readiness/", readiness.assessment_page, name="readiness"),
    path("readiness/new/", readiness.assessment_making, name="readiness_making"),
    path("readiness/<uuid:readiness_id>/", readiness.earlier_assessment, name="readiness_earlier"),
    path("uses/", registers.uses_page, name="uses"),
]
