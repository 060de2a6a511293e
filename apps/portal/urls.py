from django.urls import path

from apps.portal import views_configuration as configuration
from apps.portal import views_people as people

urlpatterns = [
    path("taxonomy/", configuration.taxonomy_page, name="taxonomy"),
    path("corpus/", configuration.corpus_page, name="corpus"),
    path("corpus/<int:document_id>/", configuration.document_page, name="document"),
    path("prompts/", configuration.prompts_page, name="prompts"),
    path("releases/", configuration.releases_page, name="releases"),
    path("releases/<str:fingerprint>/", configuration.release_page, name="release"),
    path("people/", people.people_page, name="people"),
    path("people/<uuid:member_id>/role/", people.member_role, name="member_role"),
    path("people/<uuid:member_id>/end/", people.member_deactivation, name="member_deactivation"),
    path("keys/", people.keys_page, name="keys"),
    path("keys/new/", people.key_creation, name="key_creation"),
    path("keys/<uuid:key_id>/revoke/", people.key_revocation, name="key_revocation"),
]
