#!/usr/bin/python3
"""Exports MobileNetV2 (Sandler et al. 2018, width 1.0, 1000 classes) with seeded random weights, as PyTorch 1.13 exports it.

The benchmark measures time and memory, which do not depend on the weights' values, so no weights need be downloaded. The output
file (14 MB) is never committed.

Needs Debian 12's python3-torch (1.13) and python3-onnx:  apt-get install --no-install-recommends python3-torch python3-onnx
The same arguments and versions give the same bytes.

    generate.py OUT.onnx
"""
import argparse
import os

import torch
from torch import nn

# Expansion, output channels, repeats, stride: table 2 of the paper.
BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def convolution(inputs, outputs, kernel=1, stride=1, groups=1):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        expand = [*convolution(inputs, hidden), nn.ReLU6()] if expansion != 1 else []
        self.layers = nn.Sequential(*expand, *convolution(hidden, hidden, 3, stride, hidden), nn.ReLU6(),
                                    *convolution(hidden, outputs))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [*convolution(3, 32, 3, 2), nn.ReLU6()]
        channels = 32
        for expansion, outputs, repeats, stride in BLOCKS:
            for i in range(repeats):
                layers.append(InvertedResidual(channels, outputs, stride if i == 0 else 1, expansion))
                channels = outputs
        self.features = nn.Sequential(*layers, *convolution(channels, 1280), nn.ReLU6())
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, image):
        return self.classifier(self.features(image).mean([2, 3]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--opset", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    config = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    model = MobileNetV2().eval()
    os.makedirs(os.path.dirname(os.path.abspath(config.output)), exist_ok=True)
    torch.onnx.export(model, torch.rand(1, 3, 224, 224), config.output, input_names=["image"], output_names=["logits"],
                      opset_version=config.opset, do_constant_folding=True)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{config.output}: {parameters} parameters, {os.path.getsize(config.output)} bytes")


if __name__ == "__main__":
    main()
