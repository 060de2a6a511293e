"""The signer runs for the tests that have something sealed."""

from tests.audit.conftest import insider
from tests.audit.test_signing import signer, signing

__all__ = ["insider", "signer", "signing"]
