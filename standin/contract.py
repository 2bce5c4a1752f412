"""What a call may carry, taken from the SDK's own parameter types, so that the stand-in cannot drift from it.

Two fences stand one behind the other: a parameter the SDK does not know is refused, and so is one
that the SDK knows but the stand-in does not play (it would otherwise pretend to have understood).
"""

import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import typing_extensions
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from stripe import params as sdk
from stripe._request_options import RequestOptions
from stripe.params import checkout as sdk_checkout

from standin.errors import invalid

_OPTIONS = frozenset(RequestOptions.__annotations__)  # travel as headers, never as parameters
_MARKS = (Required, NotRequired, typing_extensions.Required, typing_extensions.NotRequired)


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: the SDK's type of its parameters, and the dotted parts of it that are played."""

    shape: Any
    plays: frozenset[str]

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """The parameters, typed. Raises ApiError as Stripe does for what is unknown, missing or malformed."""
        try:
            model = _model(self.shape).model_validate(given)
        except ValidationError as error:
            raise _refusal(error) from error
        values = model.model_dump(exclude_unset=True)
        for part in _parts(values):
            if part not in self.plays:
                raise invalid(f"The stand-in does not play this parameter: {part}", part)
        return values


def _call(shape: Any, plays: str) -> Call:
    return Call(shape, frozenset(plays.split()) | {"expand"})


_PAGE = "limit starting_after ending_before"
_CREATED = "created created.gt created.gte created.lt created.lte"

CREATE_SESSION = _call(
    sdk_checkout.SessionCreateParams,
    """mode ui_mode success_url cancel_url client_reference_id customer_email locale expires_at metadata
    submit_type allowed_payment_method_types payment_method_options.wechat_pay.client adaptive_pricing.enabled
    currency line_items.quantity line_items.price_data.currency line_items.price_data.unit_amount
    line_items.price_data.product_data.name line_items.price_data.product_data.description
    payment_intent_data.metadata payment_intent_data.description line_items.price_data.recurring.interval
    subscription_data.metadata subscription_data.description""",
)
GET_SESSION = _call(sdk_checkout.SessionRetrieveParams, "")
EXPIRE_SESSION = _call(sdk_checkout.SessionExpireParams, "")
LIST_SESSIONS = _call(sdk_checkout.SessionListParams, f"{_PAGE} {_CREATED} payment_intent status")
GET_SUBSCRIPTION = _call(sdk.SubscriptionRetrieveParams, "")
UPDATE_SUBSCRIPTION = _call(sdk.SubscriptionUpdateParams, "pause_collection pause_collection.behavior")
CANCEL_SUBSCRIPTION = _call(sdk.SubscriptionCancelParams, "")
LIST_INVOICES = _call(sdk.InvoiceListParams, f"{_PAGE} {_CREATED} subscription status")
LIST_INVOICE_PAYMENTS = _call(sdk.InvoicePaymentListParams, f"{_PAGE} {_CREATED} invoice status")
GET_PAYMENT_INTENT = _call(sdk.PaymentIntentRetrieveParams, "")
GET_CHARGE = _call(sdk.ChargeRetrieveParams, "")
LIST_CHARGES = _call(sdk.ChargeListParams, f"{_PAGE} {_CREATED} payment_intent")
CREATE_REFUND = _call(sdk.RefundCreateParams, "amount charge payment_intent metadata reason")
GET_REFUND = _call(sdk.RefundRetrieveParams, "")
LIST_REFUNDS = _call(sdk.RefundListParams, f"{_PAGE} {_CREATED} charge payment_intent")
GET_DISPUTE = _call(sdk.DisputeRetrieveParams, "")
LIST_DISPUTES = _call(sdk.DisputeListParams, f"{_PAGE} {_CREATED} charge payment_intent")
GET_EVENT = _call(sdk.EventRetrieveParams, "")
LIST_EVENTS = _call(sdk.EventListParams, f"{_PAGE} {_CREATED} type types delivery_success")


@cache
def _model(shape: Any) -> type[BaseModel]:
    """A pydantic model that accepts exactly what this TypedDict of the SDK describes."""
    own = {name: hint for name, hint in shape.__annotations__.items() if name not in _OPTIONS}
    names = vars(sys.modules[shape.__module__])
    hints = get_type_hints(types.SimpleNamespace(__annotations__=own), names, include_extras=True)
    fields: dict[str, Any] = {}
    for name, hint in hints.items():
        optional = get_origin(hint) in (NotRequired, typing_extensions.NotRequired)
        fields[name] = (_strict(hint), None if optional else ...)
    return create_model(shape.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _strict(hint: Any) -> Any:
    """The SDK's type without its doors: ``Literal[…] | str`` is the literals, nested groups are closed."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _MARKS:
        return _strict(inner[0])
    if origin in (Union, types.UnionType):
        return _closed_union(inner)
    if origin is list:
        return list[_strict(inner[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[str, str]
    return _model(hint) if typing_extensions.is_typeddict(hint) else hint


def _closed_union(members: tuple[Any, ...]) -> Any:
    words = any(get_origin(member) is Literal and get_args(member) != ("",) for member in members)
    kept = [
        _strict(member)
        for member in members
        if not (words and member is str)
        and getattr(get_origin(member), "__name__", "") != "UntypedStripeObject"
    ]
    return Union[tuple(kept)]  # noqa: UP007 - the members are known only here


def _parts(values: Any, path: str = "") -> Iterator[str]:
    """Dotted names of what was given, without list places; the free keys of metadata are one part."""
    if isinstance(values, dict) and not path.endswith("metadata"):
        for name, value in values.items():
            yield from _parts(value, f"{path}.{name}" if path else name)
    elif isinstance(values, list) and values and isinstance(values[0], dict):
        for value in values:
            yield from _parts(value, path)
    else:
        yield path


def _refusal(error: ValidationError) -> Exception:
    first = error.errors()[0]
    # pydantic names union members after the field (``metadata.dict[str,str]``): Stripe does not
    names = [str(step) for step in first["loc"] if isinstance(step, int) or str(step).isidentifier()]
    param = names[0] + "".join(f"[{step}]" for step in names[1:])
    if first["type"] == "extra_forbidden":
        return invalid(f"Received unknown parameter: {param}", param, "parameter_unknown")
    if first["type"] == "missing":
        return invalid(f"Missing required param: {param}.", param, "parameter_missing")
    return invalid(f"Invalid {param}: {first['msg']}", param, "parameter_invalid")
