#!/usr/bin/python3
"""Dynamic int8 quantisation of an ONNX model, in the pattern of ONNX Runtime's quantize_dynamic. Needs python3-onnx and numpy.

    quantize_dynamic.py IN.onnx OUT.onnx

MatMul with a constant weight  ->  DynamicQuantizeLinear, MatMulInteger (u8 x s8), Cast, Mul by a_scale * b_scale
Gather from a constant table   ->  Gather from an s8 table, DequantizeLinear (tables of at least TABLE_ELEMENTS)
Weights are symmetric (zero point 0, values -127..127), with one scale per column of a matrix and one per table. Biases, LayerNorm
and Gemm stay f32. Activations are quantised at run time, one scale per tensor, so no calibration data is needed.
"""
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

TABLE_ELEMENTS = 4096


def quantize_symmetric(weight, axis):
    """Rounds weight to int8 so that weight = quantized * scale; the largest magnitude along axis (None: of all) becomes 127."""
    scale = np.maximum(np.abs(weight).max(axis=axis), np.float32(1e-12)).astype(np.float32) / np.float32(127)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


def quantize_dynamic(model):
    """Returns a quantised copy of a ModelProto."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph = model.graph
    weights = {t.name: t for t in graph.initializer}
    replaced, added, nodes, quantized_inputs = set(), {}, [], {}

    def add(name, array):
        added.setdefault(name, numpy_helper.from_array(np.asarray(array), name))
        return name

    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and len(weights[node.input[1]].dims) == 2:
            a, b = node.input
            matrix, scale = quantize_symmetric(numpy_helper.to_array(weights[b]), axis=0)
            replaced.add(b)
            if a not in quantized_inputs:
                outputs = [a + "_quantized", a + "_scale", a + "_zero_point"]
                nodes.append(helper.make_node("DynamicQuantizeLinear", [a], outputs, name=a + "_QuantizeLinear"))
                quantized_inputs[a] = outputs
            quantized, a_scale, a_zero = quantized_inputs[a]
            base, out = node.name + "_quant", node.output[0]
            add(b + "_quantized", matrix), add(b + "_scale", scale), add(b + "_zero_point", np.int8(0))
            nodes += [
                helper.make_node("MatMulInteger", [quantized, b + "_quantized", a_zero, b + "_zero_point"], [out + "_integer"], name=base),
                helper.make_node("Cast", [out + "_integer"], [out + "_cast"], name=base + "_cast", to=onnx.TensorProto.FLOAT),
                helper.make_node("Mul", [a_scale, b + "_scale"], [out + "_scales"], name=base + "_scales_mul"),
                helper.make_node("Mul", [out + "_cast", out + "_scales"], [out], name=base + "_output_scale_mul"),
            ]
        elif node.op_type == "Gather" and node.input[0] in weights and _is_table(weights[node.input[0]]):
            table, out = node.input[0], node.output[0]
            values, scale = quantize_symmetric(numpy_helper.to_array(weights[table]), axis=None)
            replaced.add(table)
            add(table + "_quantized", values), add(table + "_scale", scale), add(table + "_zero_point", np.int8(0))
            gather = onnx.NodeProto.FromString(node.SerializeToString())
            gather.input[0], gather.output[0] = table + "_quantized", out + "_quantized"
            nodes += [gather, helper.make_node("DequantizeLinear", [out + "_quantized", table + "_scale", table + "_zero_point"], [out],
                                               name=node.name + "_DequantizeLinear")]
        else:
            nodes.append(node)

    still_used = {name for node in nodes for name in node.input}
    kept = [t for t in graph.initializer if t.name not in replaced or t.name in still_used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept + list(added.values()))
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def _is_table(tensor):
    return tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 2 and np.prod(tensor.dims) >= TABLE_ELEMENTS


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    onnx.save(quantize_dynamic(onnx.load(sys.argv[1])), sys.argv[2])
