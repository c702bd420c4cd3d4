#!/usr/bin/python3
"""Checks a parameter file by ONNX's own checker, and what its graph computes by plain NumPy.

    check_model.py MODEL CODES SCORES [REFERENCE]

CODES: little-endian int8 [images][3][dim][dim], what the graph takes. SCORES: little-endian int32
[images][scores], what it must give. REFERENCE: a FINN-ONNX file of the same network, whose weights and
thresholds must be the same. Exit code 1 and a line that says what differs if anything does.
"""

import re
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

FINN_DOMAIN = "qonnx.custom_op.general"


def fail(what: str) -> None:
    sys.exit(what)


def bounds(datatype: str) -> tuple[int, int]:
    """Least and most of a FINN datatype."""
    if datatype == "BIPOLAR":
        return -1, 1
    if datatype == "BINARY":
        return 0, 1
    bits = int(re.fullmatch(r"INT(\d+)", datatype).group(1))
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def require_of_type(name: str, values: np.ndarray, datatype: str) -> None:
    least, most = bounds(datatype)
    if values.min() < least or values.max() > most or (values != np.round(values)).any():
        fail(f"{name} has numbers that are not {datatype}")
    if datatype == "BIPOLAR" and (values == 0).any():
        fail(f"{name} has zeros that are not BIPOLAR")


def convolve(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Stride 1, no padding."""
    kernel = weights.shape[2]
    side = data.shape[2] - kernel + 1
    windows = np.lib.stride_tricks.sliding_window_view(data[0], (kernel, kernel), axis=(1, 2))
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, side * side)
    return (weights.reshape(weights.shape[0], -1) @ columns).reshape(1, -1, side, side)


def count_thresholds(data: np.ndarray, thresholds: np.ndarray, attributes: dict) -> np.ndarray:
    """As QONNX defines MultiThreshold on channels in axis 1."""
    per_channel = thresholds.T.reshape((thresholds.shape[1], 1, -1) + (1,) * (data.ndim - 2))
    counted = (data >= per_channel).sum(axis=0)
    return attributes["out_scale"] * counted + attributes["out_bias"]


def evaluate(node: onnx.NodeProto, inputs: list[np.ndarray]) -> np.ndarray:
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    data = inputs[0]
    if node.op_type == "Cast":
        return data.astype(np.float64)
    if node.op_type == "Conv":
        if attributes["pads"] != [0] * 4 or attributes["strides"] != [1, 1]:
            fail(f"{node.name} has padding or strides")
        return convolve(data, inputs[1])
    if node.op_type == "MatMul":
        return data @ inputs[1]
    if node.op_type == "Mul":
        return data * inputs[1]
    if node.op_type == "Flatten":
        return data.reshape(data.shape[0], -1)
    if node.op_type == "MaxPool":
        n, c, h, w = data.shape
        return data.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))
    if node.op_type == "MultiThreshold" and node.domain == FINN_DOMAIN:
        return count_thresholds(data, inputs[1], attributes)
    fail(f"{node.name} is a {node.op_type}, which is not known")


def run(graph: onnx.GraphProto, image: np.ndarray, datatypes: dict, shapes: dict) -> np.ndarray:
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    tensors[graph.input[0].name] = image.astype(np.float64)
    for node in graph.node:
        result = evaluate(node, [tensors[name] for name in node.input])
        name = node.output[0]
        if list(result.shape) != shapes[name]:
            fail(f"{name} has the shape {result.shape} where its value_info says {shapes[name]}")
        require_of_type(name, result, datatypes[name])
        tensors[name] = result
    return tensors[graph.output[0].name]


def parameters(graph: onnx.GraphProto) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Of each layer in order: weights, and thresholds in units of its sum of products."""
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    casts = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast"}
    layers: list[tuple[np.ndarray, np.ndarray | None]] = []
    scale = 1.0
    for node in graph.node:
        constant = [tensors[casts.get(name, name)] for name in node.input[1:]]
        if node.op_type in ("Conv", "MatMul"):
            layers.append((constant[0], None))
            scale = 1.0
        elif node.op_type == "Mul":
            scale = float(constant[0])
        elif node.op_type == "MultiThreshold" and layers:
            # A whole sum reaches a threshold if it reaches the next whole number.
            layers[-1] = (layers[-1][0], np.ceil(constant[0] / scale))
    return layers


def compare(graph: onnx.GraphProto, reference: onnx.GraphProto) -> None:
    for i, (ours, theirs) in enumerate(zip(parameters(graph), parameters(reference), strict=True)):
        rows = theirs[0].shape[-1] if theirs[0].ndim == 2 else None
        if not np.array_equal(ours[0][..., :rows], theirs[0]):
            fail(f"layer {i} has other weights than the reference")
        if ours[1] is not None and not np.array_equal(ours[1], theirs[1]):
            fail(f"layer {i} has other thresholds than the reference")


def main() -> None:
    model_file, codes_file, scores_file = sys.argv[1:4]
    model = onnx.load(model_file)
    onnx.checker.check_model(model, full_check=True)
    shape_inference.infer_shapes(model, strict_mode=True)
    graph = model.graph
    datatypes = {
        a.tensor_name: {e.key: e.value for e in a.quant_parameter_tensor_names}["finn_datatype"]
        for a in graph.quantization_annotation
    }
    infos = list(graph.input) + list(graph.output) + list(graph.value_info)
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in infos}
    for tensor in graph.initializer:
        require_of_type(tensor.name, numpy_helper.to_array(tensor), datatypes[tensor.name])
    names = {n.output[0] for n in graph.node} | {t.name for t in graph.initializer} | {graph.input[0].name}
    if names != set(datatypes):
        fail(f"annotated are other tensors than there are: {sorted(names ^ set(datatypes))}")

    image_shape = shapes[graph.input[0].name]
    images = np.fromfile(codes_file, "<i1").reshape([-1] + image_shape)
    scores = np.fromfile(scores_file, "<i4").reshape(len(images), -1)
    for i, image in enumerate(images):
        given = run(graph, image, datatypes, shapes)[0]
        if not np.array_equal(given, scores[i]):
            fail(f"image {i} has the scores {given} where it should have {scores[i]}")
    if len(sys.argv) > 4:
        compare(graph, onnx.load(sys.argv[4]).graph)
    print(f"{len(graph.node)} nodes, {len(images)} images: {image_shape} to {scores.shape[1]} scores")


if __name__ == "__main__":
    main()
