import pytest
from django.utils import timezone

from apps.tenants.keys import new_secret
from apps.tenants.models import ApiKey
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR, NORTHGATE, Visitor

pytestmark = pytest.mark.urls("tests.tenants.pages")


def make_key(schema: str = NORTHGATE, capabilities: tuple[str, ...] = ("cases.view",)) -> str:
    text, prefix, digest = new_secret()
    with in_schema(schema):
        ApiKey.objects.create(
            tenant_id=schema, name="shop system", prefix=prefix, hash=digest, capabilities=list(capabilities)
        )
    return text


def call(text: str, method: str = "get", path: str = "/api/cases", schema: str = NORTHGATE):
    return getattr(Visitor(schema), method)(path, headers={"Authorization": f"Bearer {text}"})


def test_a_key_opens_what_it_was_given(northgate):
    response = call(make_key())
    assert (response.status_code, response.json()) == (200, {"actor": "key", "name": "shop system"})


def test_a_key_opens_nothing_else(northgate):
    text = make_key()
    assert call(text, "post").status_code == 403
    assert call(text, path="/api/undeclared").status_code == 403
    assert call(make_key(capabilities=("cases.admit",)), "post").status_code == 201


def test_a_key_of_another_tenant_is_not_valid_here(northgate):
    text = make_key(HARBOUR)
    assert call(text).status_code == 401
    assert call(text, schema=HARBOUR).status_code == 200


def test_a_revoked_key_is_not_valid(northgate):
    text = make_key()
    ApiKey.objects.update(revoked_at=timezone.now())
    assert call(text).status_code == 401


@pytest.mark.parametrize("text", ["", "ts", "ts_", "ts__", "ts_0000_secret", "xx_0000_secret", "ts_\x00_a"])
def test_a_malformed_key_is_not_valid(northgate, text):
    assert call(text).status_code == 401


def test_a_wrong_secret_behind_a_right_prefix_is_not_valid(northgate):
    text = make_key()
    assert call(text[:-1] + ("0" if text[-1] != "0" else "1")).status_code == 401


def test_no_key_at_all_is_asked_for_one(visitor):
    response = visitor.get("/api/cases")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_session_is_not_a_key(operator):
    assert operator.get("/api/cases").status_code == 401


def test_a_key_opens_no_pages(northgate):
    assert call(make_key(), path="/members/").status_code == 302


def test_only_the_hash_of_the_secret_is_kept(northgate):
    text = make_key()
    key = ApiKey.objects.get()
    assert text.startswith(f"ts_{key.prefix}_")
    assert text.rsplit("_", 1)[1] not in f"{key.hash} {key.prefix} {key.name}"
