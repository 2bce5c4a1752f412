"""The fuzzer's targets lead to readers that are there, and take their seeds; none of it needs atheris."""

import time
from pathlib import Path

import pytest

from tools import fuzz
from tools.fuzz import Finds, Target

SIGNED_BY_NOBODY = {"passkeys"}  # a device alone could make what is accepted


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_a_target_takes_its_seeds(name: str):
    tried = fuzz.TARGETS[name]()
    read = 0
    for seed in tried.seeds:
        try:
            tried.read(seed)
        except tried.declared:
            continue
        read += 1
    assert len(tried.seeds) > 0
    assert read or name in SIGNED_BY_NOBODY, "a seed that is read leads deeper than one that is refused"
    assert all(tried.fault(seed) is None for seed in (b"", b"\0", b"\xff" * 9, b"["))


def planted(data: bytes) -> None:
    if data.startswith(b"FU"):
        raise KeyError("planted")
    raise ValueError("declared")


def test_what_is_not_declared_is_kept_once_for_each_place(tmp_path: Path):
    finds, tried = Finds(tmp_path), Target(planted, [], (ValueError,))
    for data in (b"sound", b"FU", b"FUZZ"):
        finds.look(tried, data)
    (kept,) = tmp_path.glob("found-*[!t]")
    assert kept.read_bytes() == b"FU"
    assert "KeyError: 'planted'" in kept.with_suffix(".txt").read_text()


def test_what_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch):
    ticks = iter([0.0, 5.1])
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    assert isinstance(Target(bytes.decode, [], ()).fault(b"x"), TimeoutError)


def test_without_atheris_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(fuzz, "import_module", missing)
    assert fuzz.main(["notes"]) == 2
    assert "pip install" in capsys.readouterr().err
    assert fuzz.main([]) == 0
    assert capsys.readouterr().out.split() == [*fuzz.TARGETS]
