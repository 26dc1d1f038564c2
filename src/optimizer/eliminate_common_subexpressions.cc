// eliminate-common-subexpressions: keeps the first of several nodes that compute the same value, and of several small
// constants with the same elements.
#include <bit>
#include <cstring>
#include <type_traits>

#include "ops/op.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

// Larger constants are weights; comparing all of them would take longer than it saves.
constexpr size_t kSmallConstantBytes = 256;

class Hash {
 public:
  void Add(uint64_t value) { state_ = (std::rotl(state_, 5) ^ value) * 0x9e3779b97f4a7c15u; }
  void Add(std::string_view text) {
    for (char c : text) Add(static_cast<uint64_t>(static_cast<uint8_t>(c)));
    Add(text.size());
  }
  uint64_t value() const { return state_ ^ state_ >> 32; }

 private:
  uint64_t state_ = 0;
};

bool SameBytes(const void* a, const void* b, size_t size) { return size == 0 || std::memcmp(a, b, size) == 0; }

template <typename T>
bool SameAs(const graph::AttributeValue& a, const graph::AttributeValue& b) {
  const T* first = std::get_if<T>(&a);
  const T* second = std::get_if<T>(&b);
  if (!first || !second) return false;
  // Floats by their bits: 0 and -0 are equal, but 1 / 0 and 1 / -0 are not.
  if constexpr (std::is_same_v<T, float>) {
    return SameBytes(first, second, sizeof(float));
  } else if constexpr (std::is_same_v<T, std::vector<float>>) {
    return first->size() == second->size() && SameBytes(first->data(), second->data(), first->size() * sizeof(float));
  } else {
    return *first == *second;
  }
}

bool SameTensor(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.dtype() != DType::kString && a.shape() == b.shape() &&
         SameBytes(a.bytes(), b.bytes(), a.byte_size());
}

// False for rare kinds (graphs, types, lists of tensors), even if they are equal.
bool Same(const graph::AttributeValue& a, const graph::AttributeValue& b) {
  const Tensor* first = std::get_if<Tensor>(&a);
  const Tensor* second = std::get_if<Tensor>(&b);
  if (first && second) return SameTensor(*first, *second);
  return SameAs<int64_t>(a, b) || SameAs<float>(a, b) || SameAs<std::string>(a, b) ||
         SameAs<std::vector<int64_t>>(a, b) || SameAs<std::vector<float>>(a, b);
}

bool Same(const Node& a, const Node& b) {
  if (a.op_type != b.op_type || a.domain != b.domain || a.opset != b.opset || a.inputs != b.inputs) return false;
  if (a.outputs.size() != b.outputs.size() || a.attributes.size() != b.attributes.size()) return false;
  for (size_t i = 0; i < a.attributes.size(); ++i) {
    if (a.attributes[i].name != b.attributes[i].name || !Same(a.attributes[i].value, b.attributes[i].value))
      return false;
  }
  return true;
}

// Indices by hash, in open addressing.
class Table {
 public:
  explicit Table(size_t entries) : slots_(std::bit_ceil(entries * 2 + 1), kEmpty) {}

  // The first index with this hash that `same` accepts. If none exists, adds `index` and returns it.
  template <typename Same>
  size_t FindOrAdd(uint64_t hash, size_t index, const Same& same) {
    for (size_t i = hash;; ++i) {
      size_t& slot = slots_[i & (slots_.size() - 1)];
      if (slot == kEmpty) return slot = index;
      if (same(slot)) return slot;
    }
  }

 private:
  static constexpr size_t kEmpty = static_cast<size_t>(-1);
  std::vector<size_t> slots_;
};

void MergeConstants(Rewriter& rewriter) {
  std::vector<ValueId> small;
  for (const auto& [id, tensor] : rewriter.graph().constants) {
    if (tensor.byte_size() <= kSmallConstantBytes && !rewriter.readers(id).empty()) small.push_back(id);
  }
  Table table(small.size());
  for (size_t i = 0; i < small.size(); ++i) {
    const Tensor& tensor = *rewriter.constant(small[i]);
    if (tensor.dtype() == DType::kString) continue;
    Hash hash;
    hash.Add(static_cast<uint64_t>(tensor.dtype()));
    hash.Add(std::string_view(reinterpret_cast<const char*>(tensor.bytes()), tensor.byte_size()));
    const size_t first = table.FindOrAdd(
        hash.value(), i, [&](size_t other) { return SameTensor(*rewriter.constant(small[other]), tensor); });
    if (first != i && !rewriter.is_output(small[i])) rewriter.Redirect(small[i], small[first]);
  }
}

}  // namespace

Result<bool> EliminateCommonSubexpressions(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  MergeConstants(rewriter);
  Table table(rewriter.node_count());
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const Node& node = rewriter.node(i);
    if (!node.op->deterministic() || !node.Subgraphs().empty()) continue;
    Hash hash;
    hash.Add(node.op_type);
    for (ValueId id : node.inputs) hash.Add(static_cast<uint64_t>(id));
    const size_t first =
        table.FindOrAdd(hash.value(), i, [&](size_t other) { return Same(rewriter.node(other), node); });
    if (first == i) continue;
    for (size_t output = 0; output < node.outputs.size(); ++output) {
      const ValueId from = node.outputs[output], to = rewriter.node(first).outputs[output];
      // A node that makes a graph output stays: the output's name needs a maker.
      if (from == kNoValue || to == kNoValue || rewriter.is_output(from) || rewriter.readers(from).empty()) continue;
      rewriter.Redirect(from, to);
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
