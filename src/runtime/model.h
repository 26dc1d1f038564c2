// Model: an optimized and lowered graph with its weights. Immutable; any number of Sessions can run over one Model at
// once.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/kernel.h"
#include "graph/graph.h"
#include "optimizer/optimize.h"
#include "runtime/program.h"

namespace onedge::runtime {

struct ModelOptions {
  // In order of preference: the first backend with a kernel for a node gets it. Empty: only portable kernels. They must
  // outlive the Model.
  std::span<const backends::Backend* const> backends = {};
  // runtime::Partition, for backends that claim nodes (Backend::Claims). A pointer, because builds without such a
  // backend need none of its code.
  Status (*partition)(graph::Graph& graph, std::span<const backends::Backend* const> backends) = nullptr;
  bool optimize = true;
  std::vector<optimizer::Miss>* optimizer_misses = nullptr;  // null: not kept
  MemoryBudget* budget = nullptr;  // for packed and folded weights; null: not counted; otherwise must outlive the Model
  MemoryBudget* device_budget = nullptr;  // the same for weights in the memory of a device
  // Gets the parts that this model uses and whose lack is not an error at load, for `onedge trim`: "pass <name>;",
  // "kernel <row>;" and, for a portable kernel, "run <operator>;", possibly several times. May be null.
  std::string* used = nullptr;
};

// One input or output: its name and type, with symbolic dimensions.
struct SignatureEntry {
  std::string name;
  graph::TypeInfo type;
};

class Model {
 public:
  // Resolves the operators, infers shapes, optimizes, lowers. Errors name the node.
  static Result<std::shared_ptr<const Model>> Create(graph::Graph graph, const ModelOptions& options = {});

  const std::vector<SignatureEntry>& inputs() const { return inputs_; }
  const std::vector<SignatureEntry>& outputs() const { return outputs_; }
  const graph::SymbolTable& symbols() const { return *graph_.symbols; }
  // The graph after optimization.
  const graph::Graph& graph() const { return graph_; }
  const Program& program() const { return *program_; }
  const Backends& backends() const { return backends_; }
  MemoryBudget* budget() const { return budget_; }
  MemoryBudget* device_budget() const { return device_budget_; }
  // The bytes of the weights in host memory: raw constants and packed kernels, subgraphs included.
  size_t resident_bytes() const { return resident_bytes_; }
  // True if f32 work must have the same bits on every host, because the model quantizes at run time.
  bool exact() const { return exact_; }

 private:
  Model() = default;

  graph::Graph graph_;
  Backends backends_;
  std::unique_ptr<const Program> program_;
  std::vector<SignatureEntry> inputs_;
  std::vector<SignatureEntry> outputs_;
  MemoryBudget* budget_ = nullptr;
  MemoryBudget* device_budget_ = nullptr;
  size_t resident_bytes_ = 0;
  bool exact_ = false;
};

}  // namespace onedge::runtime
