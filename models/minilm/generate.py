#!/usr/bin/python3
"""Exports a BERT encoder with seeded random weights, as PyTorch 1.13 exports a Hugging Face BertModel.

The default shape is that of all-MiniLM-L6-v2 (90 MB): the benchmark measures time and memory, which do not depend on the weights'
values, so no weights need be downloaded. The modules below have BertModel's own structure and names (transformers 4.2x), so that
the graph and the initializer names are those that users' models have. The output file is never committed.

Needs Debian 12's python3-torch (1.13) and python3-onnx:  apt-get install --no-install-recommends python3-torch python3-onnx
The same arguments and versions give the same bytes.

    generate.py OUT.onnx
    generate.py OUT.onnx --layers 2 --hidden 128 --heads 2 --intermediate 512        the shape of bert-tiny
"""
import argparse
import math
import os

import torch
from torch import nn


class BertEmbeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab, config.hidden, padding_idx=0)
        self.position_embeddings = nn.Embedding(config.positions, config.hidden)
        self.token_type_embeddings = nn.Embedding(2, config.hidden)
        self.LayerNorm = nn.LayerNorm(config.hidden, eps=1e-12)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("position_ids", torch.arange(config.positions).expand((1, -1)))

    def forward(self, input_ids, token_type_ids):
        position_ids = self.position_ids[:, : input_ids.size()[1]]
        embeddings = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
        embeddings += self.position_embeddings(position_ids)
        return self.dropout(self.LayerNorm(embeddings))


class BertSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.num_attention_heads = config.heads
        self.attention_head_size = config.hidden // config.heads
        self.all_head_size = config.hidden
        self.query = nn.Linear(config.hidden, config.hidden)
        self.key = nn.Linear(config.hidden, config.hidden)
        self.value = nn.Linear(config.hidden, config.hidden)
        self.dropout = nn.Dropout(0.1)

    def transpose_for_scores(self, x):
        x = x.view(x.size()[:-1] + (self.num_attention_heads, self.attention_head_size))
        return x.permute(0, 2, 1, 3)

    def forward(self, hidden_states, attention_mask):
        query = self.query(hidden_states)
        key = self.transpose_for_scores(self.key(hidden_states))
        value = self.transpose_for_scores(self.value(hidden_states))
        query = self.transpose_for_scores(query)
        scores = torch.matmul(query, key.transpose(-1, -2))
        scores = scores / math.sqrt(self.attention_head_size)
        scores = scores + attention_mask
        probabilities = self.dropout(nn.functional.softmax(scores, dim=-1))
        context = torch.matmul(probabilities, value).permute(0, 2, 1, 3).contiguous()
        return context.view(context.size()[:-2] + (self.all_head_size,))


class BertSelfOutput(nn.Module):
    def __init__(self, config, size):
        super().__init__()
        self.dense = nn.Linear(size, config.hidden)
        self.LayerNorm = nn.LayerNorm(config.hidden, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden_states, input_tensor):
        return self.LayerNorm(self.dropout(self.dense(hidden_states)) + input_tensor)


class BertAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self = BertSelfAttention(config)
        self.output = BertSelfOutput(config, config.hidden)

    def forward(self, hidden_states, attention_mask):
        return self.output(self.self(hidden_states, attention_mask), hidden_states)


class BertIntermediate(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.hidden, config.intermediate)

    def forward(self, hidden_states):
        return nn.functional.gelu(self.dense(hidden_states))


class BertLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention = BertAttention(config)
        self.intermediate = BertIntermediate(config)
        self.output = BertSelfOutput(config, config.intermediate)

    def forward(self, hidden_states, attention_mask):
        attention_output = self.attention(hidden_states, attention_mask)
        return self.output(self.intermediate(attention_output), attention_output)


class BertEncoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config) for _ in range(config.layers))

    def forward(self, hidden_states, attention_mask):
        for layer in self.layer:
            hidden_states = layer(hidden_states, attention_mask)
        return hidden_states


class BertModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embeddings = BertEmbeddings(config)
        self.encoder = BertEncoder(config)

    def forward(self, input_ids, attention_mask, token_type_ids):
        extended = attention_mask[:, None, None, :].to(dtype=torch.float32)
        extended = (1.0 - extended) * torch.finfo(torch.float32).min
        return self.encoder(self.embeddings(input_ids, token_type_ids), extended)


def init_weights(model, seed):
    """BERT's initialisation: normal, 0.02; biases and LayerNorm shifts get small values too, so that no weight is a constant."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            parameter.normal_(0.0, 0.02, generator=generator)
            if name.endswith("LayerNorm.weight"):
                parameter.add_(1.0)


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
