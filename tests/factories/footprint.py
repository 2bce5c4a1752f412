"""Footprints for tests: a couple in an 80 m² flat on district heat, and a conference of 300."""

from datetime import UTC, datetime
from importlib.resources import files

from portal.footprint.commands import save_footprint
from portal.kernel.actor import Actor

COUPLE = {
    "heating": "district",
    "home_area": "80",
    "insulation": "average",
    "people": "2",
    "electricity": "150",
    "car_km": "40",
    "car_occupants": "2",
    "bus_km": "15",
    "rail_km": "700",
    "flights": "2",
    "diet": "most",
    "clothes": "10",
}
CONFERENCE = {
    "people": "300",
    "days": "2",
    "share_local": "0.4",
    "share_car": "0.1",
    "share_rail": "0.3",
    "share_air": "0.2",
    "nights": "320",
    "catering": "white",
}
MODELS = ("household-cn", "event-cn")
SAVED_AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def a_footprint(actor: Actor | None = None, **changes: str) -> str:
    """A saved household footprint of Yichun; returns its id."""
    return save_footprint(
        actor or Actor.guest(), "household-cn", None, "230700", COUPLE | changes, SAVED_AT, "zh"
    )


def text_of(model_id: str, version: str = "1.0.0") -> str:
    """The text of a model file, to plant faults into."""
    return (files("portal.footprint") / "models" / model_id / version / "model.toml").read_text("utf-8")
