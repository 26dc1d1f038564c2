#!/usr/bin/python3
"""Exports a BERT encoder with seeded random weights, as PyTorch 1.13 exports a Hugging Face BertModel.

The default shape is that of all-MiniLM-L6-v2 (90 MB): the benchmark measures time and memory, which do not depend on the weights'
values, so no weights need be downloaded. ../bert.py has BertModel's own structure and names. The output file is never committed.

Needs Debian 12's python3-torch (1.13) and python3-onnx:  apt-get install --no-install-recommends python3-torch python3-onnx
The same arguments and versions give the same bytes.

    generate.py OUT.onnx
    generate.py OUT.onnx --layers 2 --hidden 128 --heads 2 --intermediate 512        the shape of bert-tiny
"""
import argparse
import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from bert import BertModel, init_weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--vocab", type=int, default=30522)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--intermediate", type=int, default=1536)
    parser.add_argument("--positions", type=int, default=512)
    parser.add_argument("--opset", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    config = parser.parse_args()
    config.types, config.dropout = 2, 0.1
    if config.hidden % config.heads:
        parser.error(f"--hidden {config.hidden} is not a multiple of --heads {config.heads}")

    torch.set_num_threads(1)
    model = BertModel(config).eval()
    init_weights(model, config.seed)
    ids = torch.randint(1, config.vocab, (2, 16), generator=torch.Generator().manual_seed(config.seed))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {0: "batch", 1: "sequence"}
    os.makedirs(os.path.dirname(os.path.abspath(config.output)), exist_ok=True)
    torch.onnx.export(model, (ids, torch.ones_like(ids), torch.zeros_like(ids)), config.output, input_names=names,
                      output_names=["last_hidden_state"], dynamic_axes={n: axes for n in names + ["last_hidden_state"]},
                      opset_version=config.opset, do_constant_folding=True)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{config.output}: {parameters} parameters, {os.path.getsize(config.output)} bytes")


if __name__ == "__main__":
    main()
