"""The MiniLM sentence encoder as an ONNX graph, written node by node: building it needs no deep-learning framework.

Linear layers hold int8 weights, one scale per output channel. Their inputs are quantised one token at a time, not one
tensor at a time as ONNX's DynamicQuantizeLinear does: with a scale shared by the whole batch a text's vector would
depend on the texts that happen to be encoded beside it, and a replayed case could come out differently. This way they
agree within float rounding (about 1e-7).
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from apps.inference.local.model_folder import HIDDEN, INPUTS

LAYERS, HEADS = 6, 12
OPSET, IR_VERSION = 20, 10

Weights = dict[str, NDArray[Any]]


class EncoderGraph:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = {name.removeprefix("bert."): array for name, array in weights.items()}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: Any) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def layer_norm(self, x: str, source: str) -> str:
        scale, shift = self.weight(f"{source}.weight"), self.weight(f"{source}.bias")
        return self.node("LayerNormalization", [x, scale, shift], f"{source}/out", axis=-1, epsilon=1e-12)

    def quantise_tokens(self, x: str) -> tuple[str, str]:
        """Each token's row to uint8 around 128; returns (quantised, scale per row)."""
        peak = self.node(
            "ReduceMax", [self.node("Abs", [x], f"{x}/abs"), self.constant("last_axis", [-1])], f"{x}/peak"
        )
        floor = self.constant("smallest_scale", np.float32(1e-12))
        scale = self.node(
            "Max",
            [self.node("Mul", [peak, self.constant("per_127", np.float32(1 / 127))], f"{x}/s"), floor],
            f"{x}/scale",
        )
        level = self.node("Round", [self.node("Div", [x, scale], f"{x}/div")], f"{x}/round")
        shifted = self.node("Add", [level, self.constant("offset", np.float32(128))], f"{x}/shifted")
        return self.node("Cast", [shifted], f"{x}/u8", to=TensorProto.UINT8), scale

    def linear(self, x: tuple[str, str], source: str) -> str:
        quantised, row_scale = x
        matrix = self.weights[f"{source}.weight"].T
        column_scale = np.maximum(np.abs(matrix).max(axis=0) / 127, 1e-12).astype(np.float32)
        levels = np.clip(np.round(matrix / column_scale), -127, 127).astype(np.int8)
        product = self.node(
            "MatMulInteger",
            [quantised, self.constant(f"{source}/int8", levels), self.constant("zero_point", np.uint8(128))],
            f"{source}/product",
        )
        real = self.node("Cast", [product], f"{source}/real", to=TensorProto.FLOAT)
        scaled = self.node("Mul", [real, self.constant(f"{source}/scale", column_scale)], f"{source}/scaled")
        return self.node(
            "Add",
            [self.node("Mul", [scaled, row_scale], f"{source}/rows"), self.weight(f"{source}.bias")],
            f"{source}/out",
        )

    def embed(self) -> str:
        self.node("Shape", ["input_ids"], "shape")
        length = self.node("Gather", ["shape", self.constant("one", np.int64(1))], "length")
        positions = self.node("Range", [self.constant("zero", np.int64(0)), length, "one"], "positions")
        parts = [
            self.node("Gather", [self.weight(f"embeddings.{table}_embeddings.weight"), ids], f"embed/{table}")
            for table, ids in (("word", "input_ids"), ("token_type", "token_type_ids"), ("position", positions))
        ]
        return self.layer_norm(self.node("Sum", parts, "embed/sum"), "embeddings.LayerNorm")

    def attention_bias(self) -> str:
        """0 for a real token, -10000 for padding; shape (batch, 1, 1, tokens)."""
        mask = self.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
        wide = self.node("Unsqueeze", [mask, self.constant("axes_1_2", [1, 2])], "mask/wide")
        missing = self.node("Sub", [self.constant("float_one", np.float32(1)), wide], "mask/missing")
        return self.node("Mul", [missing, self.constant("far_below", np.float32(-1e4))], "mask/bias")

    def heads(self, x: tuple[str, str], source: str, order: list[int]) -> str:
        shape = self.constant("head_shape", [0, 0, HEADS, HIDDEN // HEADS])
        split = self.node("Reshape", [self.linear(x, source), shape], f"{source}/split")
        return self.node("Transpose", [split], f"{source}/heads", perm=order)

    def layer(self, x: str, source: str, bias: str) -> str:
        quantised = self.quantise_tokens(x)
        query = self.heads(quantised, f"{source}.attention.self.query", [0, 2, 1, 3])
        key = self.heads(quantised, f"{source}.attention.self.key", [0, 2, 3, 1])
        value = self.heads(quantised, f"{source}.attention.self.value", [0, 2, 1, 3])
        temperature = self.constant("head_temperature", np.float32((HIDDEN // HEADS) ** -0.5))
        raw = self.node("Mul", [self.node("MatMul", [query, key], f"{source}/qk"), temperature], f"{source}/scaled")
        attention = self.node(
            "Softmax", [self.node("Add", [raw, bias], f"{source}/masked")], f"{source}/attention", axis=-1
        )
        mixed = self.node("MatMul", [attention, value], f"{source}/mixed")
        merged = self.node("Transpose", [mixed], f"{source}/merged", perm=[0, 2, 1, 3])
        context = self.node("Reshape", [merged, self.constant("merged_shape", [0, 0, HIDDEN])], f"{source}/context")
        attended = self.linear(self.quantise_tokens(context), f"{source}.attention.output.dense")
        x = self.layer_norm(
            self.node("Add", [attended, x], f"{source}/residual_1"), f"{source}.attention.output.LayerNorm"
        )
        inner = self.linear(self.quantise_tokens(x), f"{source}.intermediate.dense")
        active = self.node("Gelu", [inner], f"{source}/gelu")
        outer = self.linear(self.quantise_tokens(active), f"{source}.output.dense")
        return self.layer_norm(self.node("Add", [outer, x], f"{source}/residual_2"), f"{source}.output.LayerNorm")

    def pool(self, x: str) -> None:
        """Unit-length mean over the real tokens: at least the two markers, so that it is never over nothing."""
        self.node("Identity", [x], "token_embeddings")
        column = self.node("Unsqueeze", ["mask", self.constant("last_axis", [-1])], "mask/column")
        kept = self.node("Mul", [x, column], "pool/kept")
        total = self.node("ReduceSum", [kept, self.constant("axis_1", [1])], "pool/total", keepdims=0)
        count = self.node("ReduceSum", ["mask", "axis_1"], "pool/count", keepdims=1)
        mean = self.node("Div", [total, count], "pool/mean")
        self.node("LpNormalization", [mean], "sentence_embedding", axis=-1, p=2)

    def model(self) -> onnx.ModelProto:
        x, bias = self.embed(), self.attention_bias()
        for number in range(LAYERS):
            x = self.layer(x, f"encoder.layer.{number}", bias)
        self.pool(x)
        ids: list[str | int] = ["batch", "tokens"]
        graph = helper.make_graph(
            self.nodes,
            "minilm",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ids) for name in INPUTS],
            [
                helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, [*ids, HIDDEN]),
                helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", HIDDEN]),
            ],
            list(self.constants.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model
