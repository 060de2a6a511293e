from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from django.core.management import call_command
from safetensors.numpy import load_file

from apps.inference.local.build import build, weights_path
from apps.inference.local.encoder import MAX_TOKENS, Encoder
from apps.inference.local.graph import EncoderGraph
from apps.inference.local.model_folder import ModelNotBuilt, model_folder, verified_manifest
from tests.local_models import MODEL_DIR, local_encoder


class UnquantisedGraph(EncoderGraph):
    """The same network in full precision: what the quantised one is measured against."""

    def quantise_tokens(self, x: str) -> tuple[str, str]:
        return x, ""

    def linear(self, x: tuple[str, str], source: str) -> str:
        matrix = self.constant(f"{source}/float", self.weights[f"{source}.weight"].T.copy())
        product = self.node("MatMul", [x[0], matrix], f"{source}/product")
        return self.node("Add", [product, self.weight(f"{source}.bias")], f"{source}/out")


def test_a_second_build_finds_the_work_done() -> None:
    folder = build(MODEL_DIR)
    before = (folder / "encoder.onnx").stat().st_mtime_ns

    assert build(MODEL_DIR) == folder
    assert (folder / "encoder.onnx").stat().st_mtime_ns == before


def test_two_builds_at_once_give_one_intact_model_with_the_bytes_of_any_other_build(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(build, [tmp_path, tmp_path])

    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == [".build.lock", first.name]
    # Fails when graph.py computes something else: then raise GRAPH_REVISION, so that installed models are rebuilt.
    assert verified_manifest(first) == verified_manifest(build(MODEL_DIR))


def test_what_a_killed_build_left_is_removed_and_a_damaged_model_is_built_anew(tmp_path: Path) -> None:
    abandoned = tmp_path / ".building-abandoned"
    abandoned.mkdir()
    folder = model_folder(tmp_path)
    folder.mkdir()
    (folder / "encoder.onnx").write_bytes(b"half a mod")

    with pytest.raises(ModelNotBuilt, match="prepare_models"):
        Encoder.load(tmp_path)
    build(tmp_path)

    assert not abandoned.exists()
    assert Encoder.load(tmp_path).fingerprint == local_encoder().fingerprint


def test_a_changed_byte_in_the_model_is_noticed_at_loading(tmp_path: Path) -> None:
    folder = build(tmp_path)
    with (folder / "encoder.onnx").open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"x")

    with pytest.raises(ModelNotBuilt, match=r"encoder\.onnx .* is damaged"):
        Encoder.load(tmp_path)


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx, "save", full_disk)

    with pytest.raises(OSError, match="No space left"):
        build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".build.lock"]


def test_prepare_models_says_in_one_line_what_is_ready(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.MODEL_DIR = MODEL_DIR

    call_command("prepare_models")

    assert capsys.readouterr().out == (
        f"Local encoder ready: {model_folder(MODEL_DIR).name}, sha256 {local_encoder().fingerprint[:12]}\n"
    )


def test_quantised_vectors_stay_close_to_those_of_the_full_precision_network(tmp_path: Path) -> None:
    texts = ["My parcel has not arrived.", "How do I claim for storm damage to the roof?", "refund", "x" * 300]
    onnx.save(UnquantisedGraph(load_file(weights_path())).model(), tmp_path / "float.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "float.onnx", providers=["CPUExecutionProvider"])
    exact = [session.run(["sentence_embedding"], _feed(text))[0][0] for text in texts]

    closeness = (np.array(exact) * local_encoder().encode(texts)).sum(axis=1)

    assert closeness.min() > 0.99


def _feed(text: str) -> dict[str, Any]:
    ids = np.array([local_encoder().token_ids(text)], np.int64)
    assert ids.shape[1] <= MAX_TOKENS
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
