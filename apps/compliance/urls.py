from django.urls import path

from apps.compliance import views_dossier as dossier

urlpatterns = [
    path("cases/<str:number>/", dossier.dossier_page, name="case"),
    path("cases/<str:number>/dossier/", dossier.dossier_address, name="dossier"),
    path("cases/<str:number>/proof/", dossier.proof_page, name="proof"),
]
