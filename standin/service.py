"""One payment service without its HTTP side: bank, postman, memory of keys, and what goes wrong."""

import random
from dataclasses import asdict

from standin.bank import Bank, Thing
from standin.chaos import Chaos, Dice
from standin.idempotency import KeyStore
from standin.months import Months
from standin.postman import Postman


class Service:
    """``backoff`` and ``attempts`` rule how often, and how many times, a refused event is sent again."""

    def __init__(
        self,
        *,
        chaos: Chaos | None = None,
        seed: int | None = None,
        livemode: bool = False,
        backoff: float = 0.2,
        attempts: int = 8,
    ) -> None:
        self.chaos = chaos or Chaos()
        self.dice = Dice(random.SystemRandom().randrange(2**32) if seed is None else seed)
        self.postman = Postman(self.dice, lambda: self.chaos, backoff=backoff, attempts=attempts)
        self.bank = Bank(self._tell, livemode=livemode)
        self.months = Months(self.bank)
        self.keys = KeyStore(self.bank.now)

    def send_to(self, webhook: str | None, *secrets: str) -> None:
        """Where events go from now on. Several secrets: a rotation, every letter is signed with each."""
        self.postman.url, self.postman.secrets = webhook, secrets or self.postman.secrets

    def refund(self, given: Thing) -> Thing:
        return self.bank.refund(given, pending=self.dice.falls(self.chaos.slow_refunds))

    def pay(self, session_id: str, outcome: str) -> Thing:
        """What the buyer does on the pay page: ``paid``, ``failed``, ``cancelled`` or ``pending``."""
        session = self.bank.pay(session_id, outcome)
        if outcome == "paid" and self.dice.falls(self.chaos.dispute):
            self.bank.dispute(session["payment_intent"])
        return session

    def snapshot(self) -> Thing:
        """Everything there is, for a test or a person to read."""
        letters = [asdict(letter) | {"event": letter.event["id"]} for letter in list(self.postman.letters)]
        facts = {"seed": self.dice.seed, "chaos": asdict(self.chaos), "webhook": self.postman.url}
        return {**facts, **self.bank.snapshot(), "letters": letters}

    def _tell(self, event: Thing) -> None:
        self.postman.take(event)
        if self.postman.url is not None and self.dice.falls(self.chaos.twin):
            self.postman.take(self.bank.twin(event))
