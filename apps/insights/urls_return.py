"""What the workflow returns, what is out of the ordinary, and what is to come."""

from django.urls import path

from apps.insights import views_anomalies, views_load, views_return

urlpatterns = [
    path("return/", views_return.return_page, name="return"),
    path("return.json", views_return.return_data, name="return_json"),
    path("return.pdf", views_return.return_print, name="return_pdf"),
    path("return/costs/", views_return.return_costs, name="return_costs"),
    path("return/terms/", views_return.return_terms, name="return_terms"),
    path("return/<slug:month>/<slug:channel>/", views_return.return_cases, name="return_cases"),
    path("load/", views_load.load_page, name="load"),
    path("load.json", views_load.load_data, name="load_json"),
    path("anomalies/", views_anomalies.anomalies_page, name="anomalies"),
    path("anomalies/<int:anomaly_id>/", views_anomalies.anomaly_page, name="anomaly"),
    path("anomalies/<int:anomaly_id>/settle/", views_anomalies.anomaly_settle, name="anomaly_settle"),
]
