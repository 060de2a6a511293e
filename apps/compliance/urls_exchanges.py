from django.urls import path

from apps.compliance import views_exchanges as exchanges

urlpatterns = [
    path("cases/<str:number>/exchanges/", exchanges.exchanges_page, name="exchanges"),
    path("cases/<str:number>/exchanges/rerun/", exchanges.rerun_layer, name="rerun_layer"),
]
