"""Which path does what: the API that the SDK calls, and the strings under /_control that a test pulls."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from standin import contract
from standin.bank import Thing
from standin.chaos import Chaos
from standin.contract import Call
from standin.errors import ApiError, invalid
from standin.service import Service

T = TypeVar("T")
Work = Callable[[Service, str, Thing], Thing]  # the service, the id in the path or "", what was given

_API: dict[str, tuple[Call, Work]] = {
    "POST /v1/checkout/sessions": (contract.CREATE_SESSION, lambda s, _, given: s.bank.open_session(given)),
    "GET /v1/checkout/sessions": (
        contract.LIST_SESSIONS,
        lambda s, _, given: s.bank.listed("sessions", given),
    ),
    "GET /v1/checkout/sessions/ID": (contract.GET_SESSION, lambda s, which, _: s.bank.session(which)),
    "POST /v1/checkout/sessions/ID/expire": (
        contract.EXPIRE_SESSION,
        lambda s, which, _: s.bank.expire(which),
    ),
    "GET /v1/subscriptions/ID": (contract.GET_SUBSCRIPTION, lambda s, which, _: s.months.subscription(which)),
    "POST /v1/subscriptions/ID": (
        contract.UPDATE_SUBSCRIPTION,
        lambda s, which, given: s.months.update(which, given),
    ),
    "DELETE /v1/subscriptions/ID": (contract.CANCEL_SUBSCRIPTION, lambda s, which, _: s.months.cancel(which)),
    "GET /v1/invoices": (contract.LIST_INVOICES, lambda s, _, given: s.bank.listed("invoices", given)),
    "GET /v1/invoice_payments": (
        contract.LIST_INVOICE_PAYMENTS,
        lambda s, _, given: s.bank.listed("invoice_payments", given),
    ),
    "GET /v1/payment_intents/ID": (contract.GET_PAYMENT_INTENT, lambda s, which, _: s.bank.intent(which)),
    "GET /v1/charges": (contract.LIST_CHARGES, lambda s, _, given: s.bank.listed("charges", given)),
    "GET /v1/charges/ID": (contract.GET_CHARGE, lambda s, which, _: s.bank.charge(which)),
    "POST /v1/refunds": (contract.CREATE_REFUND, lambda s, _, given: s.refund(given)),
    "GET /v1/refunds": (contract.LIST_REFUNDS, lambda s, _, given: s.bank.listed("refunds", given)),
    "GET /v1/refunds/ID": (contract.GET_REFUND, lambda s, which, _: s.bank.refund_by_id(which)),
    "GET /v1/disputes": (contract.LIST_DISPUTES, lambda s, _, given: s.bank.listed("disputes", given)),
    "GET /v1/disputes/ID": (contract.GET_DISPUTE, lambda s, which, _: s.bank.dispute_by_id(which)),
    "GET /v1/events": (contract.LIST_EVENTS, lambda s, _, given: s.bank.listed("events", given)),
    "GET /v1/events/ID": (contract.GET_EVENT, lambda s, which, _: s.bank.event(which)),
}


def _set_chaos(service: Service, _: str, given: Thing) -> Thing:
    """From now on exactly these faults; what is not named does not happen."""
    service.chaos = Chaos.of(given)
    return asdict(service.chaos)


def _plan(service: Service, _: str, given: Thing) -> Thing:
    """The next API calls go wrong in this order: ``{"faults": ["lose", "", "fail", "hang"]}``."""
    service.dice.plan(given["faults"])
    return {}


def _set_webhook(service: Service, _: str, given: Thing) -> Thing:
    service.send_to(given["url"], *given.get("secrets", ()))
    return {"url": service.postman.url}


def _forward(service: Service, _: str, given: Thing) -> Thing:
    """The bank's clock runs ahead by so many seconds more: sessions expire, keys are forgotten."""
    service.bank.forward += given["seconds"]
    return {"now": service.bank.now()}


def _pause(service: Service, _: str, given: Thing) -> Thing:
    """Events pile up until ``deliver``, or until ``{"paused": false}``."""
    service.postman.pause(given.get("paused", True))
    return {}


def _deliver(service: Service, _: str, given: Thing) -> Thing:
    """Send what waits, one by one; ``order`` is ``made`` or ``reversed``, ``dropped`` sends those too."""
    answers = service.postman.deliver(given.get("order", "made"), dropped=given.get("dropped", False))
    return {"answers": answers}


def _drain(service: Service, _: str, given: Thing) -> Thing:
    """Wait until no event is on its way, at most so many ``seconds``."""
    return {"undelivered": service.postman.drain(given.get("seconds", 10))}


_CONTROL: dict[str, Work] = {
    "GET /_control/": lambda s, _, __: s.snapshot(),
    "PUT /_control/chaos": _set_chaos,
    "POST /_control/next": _plan,
    "PUT /_control/webhook": _set_webhook,
    "POST /_control/forward": _forward,
    "POST /_control/pause": _pause,
    "POST /_control/deliver": _deliver,
    "POST /_control/drain": _drain,
    "POST /_control/sessions/ID/pay": lambda s, which, given: s.pay(which, given.get("outcome", "paid")),
    "POST /_control/sessions/ID/settle": lambda s, which, given: s.bank.settle(which, given["outcome"]),
    "POST /_control/payments/ID/refund": lambda s, which, given: s.refund({**given, "payment_intent": which}),
    "POST /_control/payments/ID/dispute": lambda s, which, _: s.bank.dispute(which),
    "POST /_control/disputes/ID/close": lambda s, which, given: s.bank.close_dispute(which, given["outcome"]),
    "POST /_control/subscriptions/ID/renew": lambda s, which, given: s.months.renew(
        which, given.get("outcome", "paid")
    ),
    "POST /_control/subscriptions/ID/cancel": lambda s, which, _: s.months.cancel(which),
    "POST /_control/refunds/ID/finish": lambda s, which, given: s.bank.finish_refund(which, given["status"]),
}


def find_call(method: str, path: str) -> tuple[Call, Work, str]:
    """What an API call may carry, what does it, and the id in its path. Raises ApiError (404)."""
    (call, work), which = _find(_API, method, path)
    return call, work, which


def control(service: Service, method: str, path: str, given: Thing) -> Thing:
    """Pull a string. Raises ApiError, and KeyError, TypeError or ValueError for what makes no sense."""
    pull, which = _find(_CONTROL, method, path)
    return pull(service, which, given)


def expanded(service: Service, thing: Thing, names: list[str]) -> Thing:
    """The thing with the ids in these fields replaced by what they name. Raises ApiError."""
    getters = {"payment_intent": service.bank.intent, "latest_charge": service.bank.charge}
    for name in names:
        if name not in getters or name not in thing:
            raise invalid(f"This property cannot be expanded ({name}).", "expand")
        if thing[name] is not None:
            thing = {**thing, name: getters[name](thing[name])}
    return thing


def _find(table: dict[str, T], method: str, path: str) -> tuple[T, str]:
    which = re.search(r"(?<=/)(?:cs|pi|ch|re|dp|evt|sub)_\w+", path)
    shape = f"{method} {path.replace(which[0], 'ID', 1) if which else path}"
    if shape not in table:
        raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")
    return table[shape], which[0] if which else ""
