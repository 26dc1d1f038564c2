// FlatArray: a table that is either built here and owned, or a view into a compiled image, which must outlive it. Both
// are read in the same way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/memory_budget.h"

namespace onedge::tokenizer {

// Room for `extra` more elements. Its cost is charged to `memory`, unless null, before it is taken.
template <typename T>
Status ReserveMore(std::vector<T>& values, size_t extra, MemoryReservation* memory) {
  const size_t old = values.capacity();
  if (values.size() + extra <= old) return OkStatus();
  const size_t capacity = std::max(values.size() + extra, 2 * old);
  if (memory) ONEDGE_RETURN_IF_ERROR(memory->Grow(capacity * sizeof(T)));
  values.reserve(capacity);
  if (memory) memory->Shrink(old * sizeof(T));
  return OkStatus();
}

template <typename T>
class FlatArray {
 public:
  FlatArray() = default;
  explicit FlatArray(std::vector<T> values) { *this = std::move(values); }
  explicit FlatArray(std::span<const T> view) : view_(view) {}
  FlatArray(FlatArray&&) noexcept = default;  // the elements of a vector do not move
  FlatArray& operator=(FlatArray&&) noexcept = default;
  FlatArray& operator=(std::vector<T> values) {
    owned_ = std::move(values);
    view_ = owned_;
    return *this;
  }

  // Calls change(std::vector<T>&). REQUIRES: not a view of an image.
  template <typename Change>
  void Update(const Change& change) {
    ONEDGE_DCHECK(view_.data() == owned_.data());
    change(owned_);
    view_ = owned_;
  }

  // Like ReserveMore. REQUIRES: not a view of an image.
  Status Reserve(size_t extra, MemoryReservation* memory) {
    ONEDGE_DCHECK(view_.data() == owned_.data());
    ONEDGE_RETURN_IF_ERROR(ReserveMore(owned_, extra, memory));
    view_ = owned_;
    return OkStatus();
  }
  // The bytes that are not part of a compiled image.
  size_t owned_bytes() const { return owned_.capacity() * sizeof(T); }

  std::span<const T> view() const { return view_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const T* data() const { return view_.data(); }
  const T* begin() const { return view_.data(); }
  const T* end() const { return view_.data() + view_.size(); }
  // REQUIRES: i < size().
  const T& operator[](size_t i) const {
    ONEDGE_DCHECK(i < size());
    return view_.data()[i];
  }

 private:
  std::vector<T> owned_;
  std::span<const T> view_;
};

}  // namespace onedge::tokenizer
