"""What the workflow returns, what is out of the ordinary, and what is to come."""

from django.urls import path

from apps.insights import views_anomalies

urlpatterns = [
    path("anomalies/", views_anomalies.anomalies_page, name="anomalies"),
    path("anomalies/<int:anomaly_id>/", views_anomalies.anomaly_page, name="anomaly"),
    path("anomalies/<int:anomaly_id>/settle/", views_anomalies.anomaly_settle, name="anomaly_settle"),
]
