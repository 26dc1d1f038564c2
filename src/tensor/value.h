// Value: the content of an ONNX edge: a tensor, a sequence of values, an optional value, or a map. Copies share their
// parts.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace onedge {

class Value;

struct Sequence {
  std::vector<Value> elements;
};

// Keys are int64 or strings: a rank-1 tensor of keys, and one value for each, in the order of the source.
struct Map {
  Tensor keys;
  std::vector<Value> values;
};

class Value {
 public:
  // None: an optional without a value, or an optional input that is absent.
  Value() = default;
  Value(Tensor tensor) : state_(std::move(tensor)) {}  // NOLINT: implicit on purpose
  explicit Value(Sequence sequence) : state_(std::make_shared<Sequence>(std::move(sequence))) {}
  explicit Value(Map map) : state_(std::make_shared<const Map>(std::move(map))) {}

  bool is_none() const { return state_.index() == 0; }
  bool is_tensor() const { return state_.index() == 1; }
  bool is_sequence() const { return state_.index() == 2; }
  bool is_map() const { return state_.index() == 3; }

  // REQUIRES: the matching is_...() is true.
  const Tensor& tensor() const;
  Tensor& tensor();
  const Sequence& sequence() const {
    ONEDGE_DCHECK(is_sequence());
    return **std::get_if<2>(&state_);
  }
  const Map& map() const {
    ONEDGE_DCHECK(is_map());
    return **std::get_if<3>(&state_);
  }

  // The sequence: itself if this is its only holder, otherwise a copy, which shares the elements. Leaves this none.
  // REQUIRES: is_sequence().
  Sequence TakeSequence();

  // "float32 [1, 3]", "sequence of 4", "none": for messages.
  std::string ToString() const;

 private:
  std::variant<std::monostate, Tensor, std::shared_ptr<Sequence>, std::shared_ptr<const Map>> state_;
};

}  // namespace onedge
