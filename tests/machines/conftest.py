"""One running site for all tests of a file: it is dear to start, and each test leaves it well."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.conftest import driver_url, missing, portal_on
from tests.factories.registry import make_lot
from tests.machines.site import Site

PROGRAMS = {"redis-server": "redis-server", "nginx": "nginx"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    if not postgres.find_binaries():
        missing("PostgreSQL (apt-get install postgresql)")
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"):
            missing(f"{program} (apt-get install {package})")
    folder = Path(tempfile.mkdtemp(prefix="machines-", dir=postgres.session_folder()))
    folder.chmod(0o755)
    with Site(folder / "site") as site:
        with portal_on(driver_url(site.primary.url()), folder / "site" / "instance"):
            make_lot(1000)
        yield site
    shutil.rmtree(folder, ignore_errors=True)
