"""The shelf of models: read from their files, refused when a file is not the one that was released."""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files

import tomli

from portal.footprint.rules.errors import ModelFault, UnknownAudience, UnknownModel, UnknownVersion
from portal.footprint.rules.migration import Migration, migration_faults, read_migration
from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import parsed, read_data
from portal.footprint.rules.soundness import faults_at_load

_SHELF = files("portal.footprint") / "models"


@cache
def lock() -> dict[str, str]:
    """SHA-256 of every released model file, by ``id/version``."""
    return dict(json.loads((_SHELF / "lock.json").read_text("utf-8")))


def unlocked(content: bytes, digest: str, name: str, audience: str = "") -> Model:
    """The model in ``content``. Raises ModelFault when it is not the released one, or faulty."""
    if sha256(content).hexdigest() != digest:
        raise ModelFault([f"{name}: the file is not the one that was released; a change needs a new version"])
    data = parsed(content)
    if audience and audience not in data.get("audience", {}):
        raise UnknownAudience(audience=audience[:60])
    model = read_data(data, digest, audience)
    faults = faults_at_load(model)
    if faults:
        raise ModelFault([f"{name}: {fault}" for fault in faults])
    return model


def versions(model_id: str) -> list[str]:
    """Released versions of a model, newest first."""
    found = [name.split("/")[1] for name in lock() if name.split("/")[0] == model_id]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def model(model_id: str, version: str | None = None, audience: str = "") -> Model:
    """A model, in its newest version unless one is named, as it is put to an audience.

    Raises UnknownModel, UnknownVersion, UnknownAudience, ModelFault.
    """
    known = versions(model_id)
    if not known:
        raise UnknownModel()
    if version is not None and version not in known:
        raise UnknownVersion(version=version[:20])
    return _model(model_id, version or known[0], audience)


@cache
def _model(model_id: str, version: str, audience: str = "") -> Model:
    name = f"{model_id}/{version}"
    return unlocked((_SHELF / name / "model.toml").read_bytes(), lock()[name], name, audience)


@cache
def migration(model_id: str, version: str) -> Migration | None:
    """How answers of the version before become those of this one; None for a first version.

    Raises ModelFault when an old question is not covered or something does not fit.
    """
    file = _SHELF / f"{model_id}/{version}" / "migration.toml"
    if not file.is_file():
        return None
    try:
        found = read_migration(tomli.loads(file.read_text("utf-8")))
    except (tomli.TOMLDecodeError, KeyError, TypeError, ValueError) as fault:
        raise ModelFault([f"{model_id}/{version}/migration: {fault}"]) from None
    faults = migration_faults(found, model(model_id, found.of), model(model_id, version))
    if faults:
        raise ModelFault([f"{model_id}/{version}/migration: {fault}" for fault in faults])
    return found


def review(model_id: str, version: str) -> str | None:
    """The text by which somebody signed the changes of this version; None where there is none."""
    file = _SHELF / f"{model_id}/{version}" / "review.toml"
    return file.read_text("utf-8") if file.is_file() else None


def models() -> list[Model]:
    """The newest version of every model, households first."""
    ids = dict.fromkeys(name.split("/")[0] for name in lock())
    return [model(model_id) for model_id in sorted(ids, reverse=True)]
