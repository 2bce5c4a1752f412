"""A refusal in the shape in which Stripe answers one (https://docs.stripe.com/api/errors)."""

from typing import Any


class ApiError(Exception):
    """An answer that is not 200. ``saved``: whether the idempotency store keeps it for replay."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        saved: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        self.error = {"type": kind, "message": message, "code": code, "param": param}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {key: value for key, value in self.error.items() if value is not None}}


def missing(kind: str, object_id: str) -> ApiError:
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)
