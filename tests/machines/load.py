"""Visitors who read and buy while something happens to the machines under them."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

import requests

from tests.machines.site import Site
from tests.patience import PATIENCE
from tests.races.visitors import Answer, Visitor, press_buy

PAGES = ("/", "/projects", "/offset", "/training", "/calculator")
PAUSE = 0.1  # seconds between what one visitor does: what is asked here is not how much can be borne
PAID = {"paid", "retired", "fulfilled"}
TRIES = 200  # of somebody who is asked to come back, with short pauses; an outage here lasts seconds


class Load:
    """Buyers and readers until the block ends. ``receipts`` are orders that were said to be paid."""

    def __init__(self, site: Site, buyers: int = 2, readers: int = 2) -> None:
        self.site = site
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []  # what no visitor may see
        self.receipts: set[str] = set()
        self.away = 0  # answers that said when to come back
        self.is_over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(self._buy, n)) for n in range(buyers)]
        self._threads += [threading.Thread(target=self._run, args=(self._read, n)) for n in range(readers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def wait_for_receipts(self, more: int = 3) -> None:
        """Until so many more orders were paid and said to be. Raises AssertionError when that never comes."""
        wanted, until = len(self.receipts) + more, time.monotonic() + PATIENCE
        while len(self.receipts) < wanted:
            assert time.monotonic() < until, f"nothing is sold any more: {self.statuses}, {self.faults[:3]}"
            time.sleep(0.05)

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until, f"{self.statuses}, {self.faults[:3]}"
            time.sleep(0.05)

    def _run(self, act: Callable[[int, Visitor], None], number: int) -> None:
        while not self.is_over.is_set():
            visitor = self.site.visitor("zh" if number % 2 else "en")
            visitor.http.hooks["response"].append(self._look)
            self.is_over.wait(PAUSE)
            try:
                act(number, visitor)
            except (requests.RequestException, AssertionError, LookupError) as fault:
                if not self.is_over.is_set():
                    self.faults.append(f"{type(fault).__name__}: {fault}"[:300])

    def _look(self, answer: requests.Response, **_options: object) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code == 503 and answer.headers.get("Retry-After"):
            self.away += 1
        elif answer.status_code >= 500:
            self.faults.append(f"{answer.status_code} {answer.request.method} {answer.url}")

    def _read(self, number: int, visitor: Visitor) -> None:
        for page in PAGES:
            visitor.open(page)
            self.is_over.wait(PAUSE)

    def _buy(self, number: int, visitor: Visitor) -> None:
        page = self._until_there(lambda: visitor.open("/offset/quote?kg=100&lot=LOT-A"))
        answer = self._until_there(lambda: press_buy(visitor, page, f"buyer{number}"))
        if "/pay/" not in answer.location:
            return
        paid = requests.post(answer.location, {"outcome": "paid"}, allow_redirects=False, timeout=60)
        shown = self._until_there(lambda: visitor.follow(visitor.open(paid.headers["Location"])))
        if PAID & {*re.findall(r'data-order-state="(\w+)"', shown.html)}:
            self.receipts.add(shown.url.split("/orders/")[1].split("?")[0])

    def _until_there(self, ask: Callable[[], Answer]) -> Answer:
        """As a person does who is asked to come back. Raises LookupError when it is over before."""
        for _ in range(TRIES):
            if (answer := ask()).status != 503:
                return answer
            if self.is_over.wait(0.1):
                break
        raise LookupError("it stayed away")
