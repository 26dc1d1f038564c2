// FlatArray: a table that is either built here, and then owned, or a view of one that a compiled image holds, which
// must outlive it. Reading is the same for both.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace onedge::tokenizer {

template <typename T>
class FlatArray {
 public:
  FlatArray() = default;
  explicit FlatArray(std::vector<T> values) { *this = std::move(values); }
  explicit FlatArray(std::span<const T> view) : view_(view) {}
  FlatArray(FlatArray&&) noexcept = default;  // a vector's elements stay where they are
  FlatArray& operator=(FlatArray&&) noexcept = default;
  FlatArray& operator=(std::vector<T> values) {
    owned_ = std::move(values);
    view_ = owned_;
    return *this;
  }

  // Calls change(std::vector<T>&). REQUIRES: no view of an image.
  template <typename Change>
  void Update(const Change& change) {
    change(owned_);
    view_ = owned_;
  }

  std::span<const T> view() const { return view_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const T* data() const { return view_.data(); }
  const T* begin() const { return view_.data(); }
  const T* end() const { return view_.data() + view_.size(); }
  const T& operator[](size_t i) const { return view_.data()[i]; }

 private:
  std::vector<T> owned_;
  std::span<const T> view_;
};

}  // namespace onedge::tokenizer
