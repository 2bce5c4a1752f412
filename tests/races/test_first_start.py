"""Several processes start for the first time at one moment: they must agree on what one of them makes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from portal.config import Config

PROCESSES = 8


def test_workers_that_start_together_have_the_same_keys(tmp_path: Path) -> None:
    """A demonstration makes its own keys: no worker may see one that is half written, or make another."""
    gate = Barrier(PROCESSES)

    def start(folder: Path) -> tuple[tuple[str, ...], bytes]:
        gate.wait(30)
        config = Config.from_env({"INSTANCE_DIR": str(folder)})
        return config.secret_keys, config.checkpoint_seed

    with ThreadPoolExecutor(PROCESSES) as pool:
        for number in range(60):
            keys = set(pool.map(start, [tmp_path / str(number)] * PROCESSES))
            assert len(keys) == 1, f"start {number}: {len(keys)} different pairs of keys"
            ((secrets, seed),) = keys
            assert len(secrets[0]) >= 32
            assert len(seed) == 32
