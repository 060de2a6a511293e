"""The product's settings on the tests' own database and folders. Processes that a test starts inherit the variables."""

import os

from tests.database import environment

os.environ.update(environment())

from config.settings import *  # noqa: F403 - the settings read the variables when they are imported
