"""A tenant's site. Every view says who may reach it (apps.tenants.capabilities); the rest cannot be reached."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, path

from apps.tenants.capabilities import public_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", public_page(account.login), name="account_login"),
    path("sign-out/", public_page(account.logout), name="account_logout"),
]
