from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from apps.cases.api.views import CasesView, CaseView, ComplaintsView
from apps.tenants.capabilities import public_page

# It describes the interface and holds no tenant's data, so that tools can fetch it without a key.
schema = SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[AllowAny])

urlpatterns = [
    path("schema", public_page(schema), name="api_schema"),
    path("v1/cases", CasesView.as_view(), name="api_cases"),
    path("v1/cases/<str:number>", CaseView.as_view(), name="api_case"),
    path("v1/cases/<str:number>/complaints", ComplaintsView.as_view(), name="api_complaints"),
]
