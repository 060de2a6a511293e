"""A tenant's site. Every view says who may reach it (apps.tenants.capabilities); the rest cannot be reached."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path

from apps.portal import views as portal
from apps.portfolio import views as portfolio
from apps.portfolio import views_library as library
from apps.tenants.capabilities import member_page, public_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", portal.home, name="home"),
    path("sign-in/", public_page(account.login), name="account_login"),
    path("sign-out/", public_page(account.logout), name="account_logout"),
    path("password/", member_page(account.password_change), name="account_change_password"),
    path("api/", include("apps.cases.api.urls")),
    path("api/", include("apps.reviews.urls_api")),
    path("", include("apps.reviews.urls_policy")),
    path("review/", include("apps.reviews.urls_desk")),
    path("review/", include("apps.reviews.urls")),
    path("blind/", include("apps.reviews.urls_blind")),
    path("", include("apps.evaluations.urls_quality")),
    path("labelled-sets/", include("apps.evaluations.urls_labels")),
    path("calibration/", include("apps.evaluations.urls_calibration")),
    path("evaluations/", include("apps.evaluations.urls_runs")),
    path("assurance/", include("apps.evaluations.urls_assurance")),
    path("simulation/", include("apps.evaluations.urls_simulation")),
    path("drift/", include("apps.evaluations.urls_drift")),
    path("decisions/", include("apps.evaluations.urls_decisions")),
    path("exports/", include("apps.compliance.urls_exports")),
    path("hand-over/", include("apps.portability.urls")),
    path("portfolio/", portfolio.portfolio_page, name="portfolio"),
    path("library/", library.library_page, name="library"),
    path("library/give/<slug:kind>/", library.template_giving, name="template_giving"),
    path("library/<slug:slug>/", library.template_page, name="template"),
    path("library/<slug:slug>/use/", library.template_using, name="template_using"),
    path("people-data/", include("apps.compliance.urls_people_data")),
    path("", include("apps.compliance.urls_exchanges")),
    path("", include("apps.compliance.urls_frameworks")),
    path("insights/", include("apps.insights.urls")),
    path("insights/", include("apps.insights.urls_return")),
    path("engagement/", include("apps.engagements.urls_board")),
    path("engagement/", include("apps.engagements.urls_maps")),
    path("engagement/", include("apps.engagements.urls_sow")),
    path("engagement/", include("apps.engagements.urls_cadence")),
    path("", include("apps.portal.urls")),
    path("", include("apps.portal.urls_traffic")),
    path("upload/", include("apps.cases.urls_upload")),
    path("cases/", include("apps.cases.urls")),
    path("", include("apps.compliance.urls")),  # last: any word is the number of a case to it
]
