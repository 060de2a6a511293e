"""The maps of Discovery: workflow, integration, governance."""

from django.urls import path

from apps.engagements import views_maps as views
from apps.engagements import views_scope as scope

urlpatterns = [
    path("integration/", scope.scope_page, name="integration_scope"),
    path("integration/csv/", scope.scope_csv, name="scope_csv"),
    path("integration/new/", scope.scope_adding, name="scope_adding"),
    path("integration/connected/", scope.scope_connected, name="scope_connected"),
    path("integration/<int:item_id>/", scope.scope_changing, name="scope_changing"),
    path("integration/<int:item_id>/remove/", scope.scope_removing, name="scope_removing"),
    path("governance/", scope.governance_page, name="governance_map"),
    path("map/", views.map_page, name="workflow_map"),
    path("map/target/begin/", views.target_beginning, name="target_beginning"),
    path("map/import/", views.log_importing, name="log_importing"),
    path("map/logs/<int:log_id>/", views.log_page, name="mined_log"),
    path("map/logs/<int:log_id>/adopt/", views.log_adopting, name="log_adopting"),
    path("map/versions/<int:version_id>/again/", views.map_taking_again, name="map_taking_again"),
    path("map/<slug:side>/", views.map_writing, name="map_writing"),
    path("map/<slug:side>/versions/", views.map_versions, name="map_versions"),
]
