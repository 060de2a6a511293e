from django.urls import path

from apps.portal import views_access as access
from apps.portal import views_configuration as configuration
from apps.portal import views_log as log
from apps.portal import views_people as people
from apps.portal import views_prompts as prompts
from apps.portal import views_releases as releases
from apps.portal import views_reviewers as reviewers

urlpatterns = [
    path("taxonomy/", configuration.taxonomy_page, name="taxonomy"),
    path("taxonomy/new/", configuration.taxonomy_upload, name="taxonomy_upload"),
    path("taxonomy/<int:version_id>/sign-off/", configuration.taxonomy_signing, name="taxonomy_signing"),
    path("corpus/", configuration.corpus_page, name="corpus"),
    path("corpus/<int:document_id>/", configuration.document_page, name="document"),
    path("prompts/", prompts.prompts_page, name="prompts"),
    path("prompts/version/new/", prompts.prompt_version_page, name="prompt_version"),
    path("prompts/<slug:slug>/", prompts.prompt_page, name="prompt"),
    path("releases/", releases.releases_page, name="releases"),
    path("releases/compare/", releases.comparison_page, name="comparison"),
    path("releases/compose/<slug:slug>/", releases.composition_page, name="composition"),
    path("releases/<str:fingerprint>/", releases.release_page, name="release"),
    path("log/", log.log_page, name="log"),
    path("log/checkpoints/<int:size>/", log.checkpoint_text, name="checkpoint"),
    path("log/destinations/new/", log.destination_creation, name="destination_creation"),
    path("log/destinations/<uuid:destination_id>/end/", log.destination_end, name="destination_end"),
    path("log/key/", log.key_rotation, name="log_key_rotation"),
    path("purpose/", access.purpose_page, name="purpose"),
    path("people/", people.people_page, name="people"),
    path("people/<uuid:member_id>/role/", people.member_role, name="member_role"),
    path("people/<uuid:member_id>/review/", reviewers.reviewer_page, name="reviewer"),
    path("people/<uuid:member_id>/end/", people.member_deactivation, name="member_deactivation"),
    path("keys/", people.keys_page, name="keys"),
    path("keys/new/", people.key_creation, name="key_creation"),
    path("keys/<uuid:key_id>/revoke/", people.key_revocation, name="key_revocation"),
]
