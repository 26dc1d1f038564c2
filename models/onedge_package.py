"""Writes a .onedge package: a stored ZIP with manifest, ONNX graph and weights, each aligned to 64 bytes.

Entry order: manifest.json, model.onnx, weights.bin, so that a stream has the graph before the weights. A model with a tokenizer is packed
by `onedge pack`, which also compiles the tokenizer.
The same inputs give the same bytes: fixed timestamps and attributes, no compression. Needs python3-onnx.
"""
import hashlib
import json
import struct
import zlib

import onnx
from onnx import TensorProto, numpy_helper

ALIGNMENT = 64
DOS_DATE = (1980 - 1980) << 9 | 1 << 5 | 1      # 1980-01-01, the first date a ZIP can hold
INLINE_BYTES = 1024                             # smaller tensors (shapes, axes, scalars, biases) stay in the graph
DTYPES = {TensorProto.FLOAT: "float32", TensorProto.INT64: "int64", TensorProto.INT32: "int32", TensorProto.UINT8: "uint8"}


def externalize(model, location="weights.bin"):
    """Moves the large initializers into one blob, each at a 64-byte aligned offset. Returns (model bytes, weights bytes)."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    blob = bytearray()
    for tensor in model.graph.initializer:
        data = numpy_helper.to_array(tensor).tobytes()
        if len(data) < INLINE_BYTES:
            continue
        blob += b"\0" * (-len(blob) % ALIGNMENT)
        for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
            tensor.ClearField(field)
        for key, value in (("location", location), ("offset", len(blob)), ("length", len(data))):
            tensor.external_data.add(key=key, value=str(value))
        tensor.data_location = TensorProto.EXTERNAL
        blob += data
    return model.SerializeToString(), bytes(blob)


def signature(model):
    def values(infos):
        return [{"name": v.name, "dtype": DTYPES[v.type.tensor_type.elem_type],
                 "shape": [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]} for v in infos]
    return {"inputs": values(model.graph.input), "outputs": values(model.graph.output)}


def zip_stored(entries):
    """entries: [(name, bytes)]. An extra field of zeros (id 0xD935, as zipalign writes) pads each entry's data to 64 bytes."""
    out, central = bytearray(), bytearray()
    for name, data in entries:
        encoded = name.encode()
        offset = len(out)
        padding = -(offset + 30 + len(encoded) + 6) % ALIGNMENT
        extra = struct.pack("<HHH", 0xD935, padding + 2, ALIGNMENT) + b"\0" * padding
        common = struct.pack("<HHHHHIII", 20, 0x0800, 0, 0, DOS_DATE, zlib.crc32(data), len(data), len(data))
        out += b"PK\x03\x04" + common + struct.pack("<HH", len(encoded), len(extra)) + encoded + extra
        assert len(out) % ALIGNMENT == 0
        out += data
        central += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHHHII", len(encoded), 0, 0, 0, 0, 0, offset) + encoded
    start = len(out)
    return bytes(out + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(central), start, 0))


def write_package(path, model, *, name, version, task, labels, preprocessing, postprocessing, license):
    """model: ModelProto with its weights inside. Returns the size in bytes."""
    graph, weights = externalize(model)
    parts = [("model.onnx", graph), ("weights.bin", weights)]
    manifest = {
        "format": 1, "name": name, "version": version, "task": task, "labels": labels, "preprocessing": preprocessing,
        "postprocessing": postprocessing, "signature": signature(model), "license": license,
        "parts": {part: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for part, data in parts},
    }
    data = zip_stored([("manifest.json", (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode())] + parts)
    with open(path, "wb") as f:
        f.write(data)
    return len(data)
