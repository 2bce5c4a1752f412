"""Keeps a portal's processes running as an init system would, forked from one that has loaded everything.

    python -m tests.races.nursery FOLDER PROGRAM [-- MODULE ARGUMENT…]…

What runs is granian's and flask's own command line, serving ``tests.races.warm:create_app``; what takes
seconds of processor time is done once (as ``demo serve`` does it), so that a killed process is back in a
tenth of a second. ``FOLDER/<module>.pid`` names who runs now.
"""

import os
import runpy
import signal
import sys
import time
from itertools import groupby
from pathlib import Path
from types import FrameType

from tests.races import warm

PAUSE = 0.05  # seconds before a program is started again


class Nursery:
    def __init__(self, folder: Path, programs: list[list[str]]) -> None:
        self.folder = folder
        self.programs = programs
        self.running: dict[int, list[str]] = {}
        self.is_stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        for program in self.programs:
            self._start(program)
        while self.running:
            pid, _status = os.wait()
            program = self.running.pop(pid, None)
            if program and not self.is_stopping:
                time.sleep(PAUSE)
                self._start(program)

    def _start(self, program: list[str]) -> None:
        pid = os.fork()
        if pid:
            self.running[pid] = program
            draft = self.folder / f"{program[0]}.new"
            draft.write_text(str(pid))
            draft.replace(self.folder / f"{program[0]}.pid")
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.argv = list(program)
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_stopping = True
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)


def main(arguments: list[str]) -> None:
    folder, program, *rest = arguments
    warm.make(program)
    Nursery(Path(folder), [list(words) for is_mark, words in groupby(rest, "--".__eq__) if not is_mark]).run()


if __name__ == "__main__":
    main(sys.argv[1:])
