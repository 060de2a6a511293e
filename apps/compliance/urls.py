from django.urls import path

from apps.compliance import views_dossier as dossier
from apps.compliance import views_search as log

urlpatterns = [
    path("log/search/", log.search_page, name="log_search"),
    path("cases/<str:number>/", dossier.dossier_page, name="case"),
    path("cases/<str:number>/dossier/", dossier.dossier_address, name="dossier"),
    path("cases/<str:number>/proof/", dossier.proof_page, name="proof"),
]
