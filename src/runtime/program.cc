#include "runtime/program.h"

#include <algorithm>

#include "backends/region.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// By node: the values that nothing reads afterwards. Graph outputs and constants stay.
std::vector<std::vector<ValueId>> LastReads(const graph::Graph& graph) {
  std::vector<bool> read(graph.values.size());
  for (ValueId id : graph.outputs) read[Index(id)] = true;
  for (const auto& [id, tensor] : graph.constants) read[Index(id)] = true;
  std::vector<std::vector<ValueId>> last(graph.nodes.size());
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const auto note = [&](ValueId id) {
      if (id == kNoValue || read[Index(id)]) return;
      read[Index(id)] = true;
      last[i].push_back(id);
    };
    for (ValueId id : graph::ReadsOf(graph.nodes[i])) note(id);
    for (ValueId id : graph.nodes[i].outputs) note(id);  // outputs that nothing reads
  }
  return last;
}

// By value: the number of inputs and outputs that read it, in this graph and through captures.
std::vector<size_t> CountReads(const graph::Graph& graph) {
  std::vector<size_t> reads(graph.values.size());
  for (const graph::Node& node : graph.nodes) {
    for (ValueId id : node.inputs) {
      if (id != kNoValue) ++reads[Index(id)];
    }
    for (const graph::Graph* subgraph : node.Subgraphs()) {
      const std::vector<size_t> inside = CountReads(*subgraph);
      for (const graph::Capture& capture : subgraph->captures)
        reads[Index(capture.outer)] += inside[Index(capture.inner)];
    }
  }
  for (ValueId id : graph.outputs) ++reads[Index(id)];
  return reads;
}

// Kernels of nodes that read constants of several graphs: both branches of an If may read the same weights. The second
// node with the same operator and constants gets the kernel of the first, so that weights are packed once.
class SharedKernels {
 public:
  struct Entry {
    const graph::Graph* graph;
    const graph::Node* node;
    std::vector<Tensor> constants;  // by input, undefined if not constant; held, so that equal addresses mean equality
    std::vector<size_t> claimed;    // inputs
    std::shared_ptr<const backends::Kernel> kernel;
    size_t backend;
  };

  explicit SharedKernels(const graph::Graph& graph) { Count(graph); }

  // Null: none yet. REQUIRES: `constants` as in Entry.
  const Entry* Find(const graph::Graph& graph, const graph::Node& node, const std::vector<Tensor>& constants) const {
    for (const Entry& entry : entries_) {
      if (Fits(entry, graph, node, constants)) return &entry;
    }
    return nullptr;
  }
  void Add(Entry entry) { entries_.push_back(std::move(entry)); }

  // The constants of the node by input; empty if it has none, or one that only this graph holds.
  std::vector<Tensor> ConstantsOf(const graph::Graph& graph, const graph::Node& node) const {
    std::vector<Tensor> constants(node.inputs.size());
    bool any = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Tensor* constant = node.inputs[i] == kNoValue ? nullptr : graph.FindConstant(node.inputs[i]);
      if (!constant) continue;
      const auto found = holders_.find(constant->bytes());
      if (found == holders_.end() || found->second < 2) return {};
      constants[i] = *constant;
      any = true;
    }
    if (!any) constants.clear();
    return constants;
  }

 private:
  void Count(const graph::Graph& graph) {
    for (const auto& [id, tensor] : graph.constants) {
      if (tensor.byte_size() > 0) ++holders_[tensor.bytes()];
    }
    for (const graph::Node& node : graph.nodes) {
      for (const graph::Graph* subgraph : node.Subgraphs()) Count(*subgraph);
    }
  }

  static bool SameAttributes(const graph::Node& a, const graph::Node& b) {
    const auto same = [](const graph::Attribute& x, const graph::Attribute& y) {
      if (x.name != y.name || x.value.index() != y.value.index()) return false;
      return std::visit(
          [&]<typename T>(const T& value) {
            if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, float> || std::is_same_v<T, std::string> ||
                          std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<float>> ||
                          std::is_same_v<T, std::vector<std::string>>) {
              return value == std::get<T>(y.value);
            }
            return false;
          },
          x.value);
    };
    return std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(), b.attributes.end(), same);
  }

  static bool Fits(const Entry& entry, const graph::Graph& graph, const graph::Node& node,
                   const std::vector<Tensor>& constants) {
    const graph::Node& other = *entry.node;
    if (node.op_type != other.op_type || node.domain != other.domain || node.opset != other.opset) return false;
    if (constants.size() != entry.constants.size() || node.outputs.size() != other.outputs.size()) return false;
    for (size_t i = 0; i < constants.size(); ++i) {
      if ((node.inputs[i] == kNoValue) != (other.inputs[i] == kNoValue)) return false;
      if (constants[i].defined() != entry.constants[i].defined()) return false;
      if (constants[i].defined()) {
        if (constants[i].bytes() != entry.constants[i].bytes() || constants[i].dtype() != entry.constants[i].dtype() ||
            !(constants[i].shape() == entry.constants[i].shape())) {
          return false;
        }
      } else if (node.inputs[i] != kNoValue) {
        const graph::TypeInfo& type = graph.values[Index(node.inputs[i])].type;
        const graph::TypeInfo& expected = entry.graph->values[Index(other.inputs[i])].type;
        if (!type.is_tensor() || !expected.is_tensor() || type.dtype != expected.dtype || type.dims != expected.dims)
          return false;
      }
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if ((node.outputs[i] == kNoValue) != (other.outputs[i] == kNoValue)) return false;
    }
    return SameAttributes(node, other);
  }

  std::map<const uint8_t*, size_t> holders_;  // by the elements of a constant: the number of graphs
  std::vector<Entry> entries_;
};

// Lowers one graph; `outer` lowers the surrounding graph.
class Lowerer {
 public:
  Lowerer(graph::Graph& graph, Lowerer* outer, const Backends& backends, const LowerOptions& options,
          SharedKernels& shared)
      : graph_(graph),
        outer_(outer),
        shared_(shared),
        scope_{graph, outer ? &outer->scope_ : nullptr},
        backends_(backends),
        options_(options),
        raw_reads_(CountReads(graph)),
        known_(graph.values.size()) {
    for (const graph::Capture& capture : graph.captures) known_[Index(capture.inner)] = true;
  }

  Result<std::unique_ptr<const Program>> Run() {
    program_ = std::make_unique<Program>();
    program_->graph = &graph_;
    program_->last_reads = LastReads(graph_);
    for (graph::Node& node : graph_.nodes) {
      size_t backend = 0;
      const bool ahead = MayRunAhead(node);
      ONEDGE_ASSIGN_OR_RETURN(auto kernel, LowerNode(node, backend));
      if ((!kernel || ahead) && options_.used) options_.used->append("run ").append(node.op_type).append(";");
      if (!kernel) {
        for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
          ONEDGE_ASSIGN_OR_RETURN(auto subprogram, Lowerer(*subgraph, this, backends_, options_, shared_).Run());
          program_->subprograms.emplace(subgraph, std::move(subprogram));
        }
      }
      program_->kernels.push_back(std::move(kernel));
      program_->backend_of.push_back(backend);
    }
    return std::unique_ptr<const Program>(std::move(program_));
  }

 private:
  // Whether a plan may run the node's portable kernel although it is lowered (ops/ahead_of_run.h): its inputs may be
  // known from constants and shapes. REQUIRES: called for the nodes in their order.
  bool MayRunAhead(const graph::Node& node) {
    bool all = true;
    for (ValueId id : node.inputs) all = all && (id == kNoValue || known_[Index(id)] || graph_.FindConstant(id));
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const graph::TypeInfo& type = graph_.values[Index(id)].type;
      known_[Index(id)] = all || !type.is_tensor() || type.dtype == DType::kInt64;
    }
    return all;
  }

  // Null: every backend declines. `backend`: the one that accepts.
  Result<std::shared_ptr<const backends::Kernel>> LowerNode(graph::Node& node, size_t& backend) {
    std::vector<Tensor> constants = shared_.ConstantsOf(graph_, node);
    if (constants.empty()) return LowerAlone(node, backend, nullptr);
    if (const SharedKernels::Entry* entry = shared_.Find(graph_, node, constants)) {
      backend = entry->backend;
      for (size_t input : entry->claimed) Drop(node, {&graph_, node.inputs[input]});
      return entry->kernel;
    }
    std::vector<size_t> claimed;
    ONEDGE_ASSIGN_OR_RETURN(auto kernel, LowerAlone(node, backend, &claimed));
    if (kernel) shared_.Add({&graph_, &node, std::move(constants), std::move(claimed), kernel, backend});
    return kernel;
  }

  // `claimed`: if not null, gets the inputs that the kernel claims.
  Result<std::shared_ptr<const backends::Kernel>> LowerAlone(graph::Node& node, size_t& backend,
                                                             std::vector<size_t>* claimed) {
    for (size_t i = 0; i < backends_.size(); ++i) {
      if (backends::IsRegion(node) && !ClaimedBy(node, i)) continue;
      backends::LowerContext ctx{graph_,        node, options_.exact, options_.budget, options_.device_budget, &scope_,
                                 options_.used, {}};
      Result<std::unique_ptr<const backends::Kernel>> kernel = backends_[i]->Lower(ctx);
      if (!kernel.ok()) return std::move(kernel).status().WithNode(node.name, node.op_type);
      if (!*kernel) continue;
      for (const backends::LowerContext::Claim& claim : ctx.claims) {
        for (size_t input = 0; claimed && input < node.inputs.size(); ++input) {
          if (claim.graph != &graph_ || node.inputs[input] != claim.id) continue;
          claimed->push_back(input);
          break;
        }
        Drop(node, claim);
      }
      backend = i;
      return std::shared_ptr<const backends::Kernel>(std::move(*kernel));
    }
    return std::shared_ptr<const backends::Kernel>();
  }

  static bool ClaimedBy(const graph::Node& region, size_t backend) {
    const graph::Attribute* claimer = region.FindAttribute("backend");
    return claimer && std::get<int64_t>(claimer->value) == static_cast<int64_t>(backend);
  }

  // The node no longer reads the elements of a constant; if no other node reads them, they are dropped.
  void Drop(graph::Node& node, const backends::LowerContext::Claim& claim) {
    if (claim.graph == &graph_) {
      const auto times = std::count(node.inputs.begin(), node.inputs.end(), claim.id);
      return Forget(claim.id, static_cast<size_t>(times));
    }
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      if (subgraph != claim.graph) continue;
      if (subgraph->FindConstant(claim.id)) return Pack(*subgraph, claim.id);  // only the kernel reads the subgraph
      const size_t times = CountReads(*subgraph)[Index(claim.id)];
      for (const graph::Capture& capture : subgraph->captures) {
        if (capture.inner == claim.id) Forget(capture.outer, times);
      }
    }
  }

  // Removes reads of a constant of this graph or, if captured, of a surrounding one.
  void Forget(ValueId id, size_t times) {
    raw_reads_[Index(id)] -= times;
    if (graph_.FindConstant(id)) {
      if (raw_reads_[Index(id)] > 0) return;
      Pack(graph_, id);
      program_->packed.insert(id);
      return;
    }
    for (const graph::Capture& capture : graph_.captures) {
      if (capture.inner == id && outer_) outer_->Forget(capture.outer, times);
    }
  }

  // The constant leaves the graph; its type stays.
  static void Pack(graph::Graph& graph, ValueId id) {
    const Tensor& constant = graph.constants[id];
    graph.values[Index(id)].type = graph::TypeInfo::Tensor(constant.dtype(), constant.shape());
    graph.constants.erase(id);
  }

  graph::Graph& graph_;
  Lowerer* outer_;
  SharedKernels& shared_;
  const graph::Scope scope_;
  const Backends& backends_;
  const LowerOptions& options_;
  std::unique_ptr<Program> program_;
  std::vector<size_t> raw_reads_;  // by value: the number of readers that still need its raw form
  std::vector<bool> known_;        // by value: its elements may be known before a run
};

// Gives captures of packed constants their types, from which kernels in subgraphs are planned.
void SetTypesOfPackedCaptures(graph::Graph& graph, const Program& program, const std::set<ValueId>& packed) {
  for (graph::Node& node : graph.nodes) {
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      const auto subprogram = program.subprograms.find(subgraph);
      if (subprogram == program.subprograms.end()) continue;
      std::set<ValueId> inside = subprogram->second->packed;
      for (const graph::Capture& capture : subgraph->captures) {
        if (!packed.contains(capture.outer)) continue;
        subgraph->values[Index(capture.inner)].type = graph.values[Index(capture.outer)].type;
        inside.insert(capture.inner);
      }
      SetTypesOfPackedCaptures(*subgraph, *subprogram->second, inside);
    }
  }
}

}  // namespace

Result<std::unique_ptr<const Program>> Program::Lower(graph::Graph& graph, const Backends& backends,
                                                      const LowerOptions& options) {
  SharedKernels shared(graph);
  ONEDGE_ASSIGN_OR_RETURN(auto program, Lowerer(graph, nullptr, backends, options, shared).Run());
  SetTypesOfPackedCaptures(graph, *program, program->packed);
  return program;
}

}  // namespace onedge::runtime
