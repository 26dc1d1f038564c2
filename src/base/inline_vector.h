// InlineVector<T, N>: a vector of trivially copyable T whose first N elements need no heap. Shapes, strides and axes
// use it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace onedge {

template <typename T, size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  InlineVector() = default;
  InlineVector(const InlineVector&) = default;
  InlineVector& operator=(const InlineVector&) = default;
  InlineVector(InlineVector&& other) noexcept { *this = std::move(other); }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this == &other) return *this;
    heap_ = std::move(other.heap_);
    size_ = std::exchange(other.size_, 0);
    std::copy(other.inline_, other.inline_ + N, inline_);
    other.heap_.clear();
    return *this;
  }
  InlineVector(std::initializer_list<T> values) : InlineVector(values.begin(), values.end()) {}
  explicit InlineVector(std::span<const T> values) : InlineVector(values.begin(), values.end()) {}
  explicit InlineVector(size_t size, T value = T()) { resize(size, value); }
  template <typename Iterator>
    requires(!std::is_integral_v<Iterator>)
  InlineVector(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return heap_.empty() ? inline_ : heap_.data(); }
  const T* data() const { return heap_.empty() ? inline_ : heap_.data(); }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  T& front() { return data()[0]; }
  const T& front() const { return data()[0]; }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }
  operator std::span<const T>() const { return {data(), size_}; }

  void push_back(T value) {
    resize(size_ + 1);
    back() = value;
  }
  void pop_back() { resize(size_ - 1); }
  void clear() { resize(0); }
  void resize(size_t size, T value = T()) {
    if (!heap_.empty()) {
      heap_.resize(std::max<size_t>(size, 1));  // once on the heap, never empty again
    } else if (size > N) {
      heap_.resize(size);
      std::copy(inline_, inline_ + size_, heap_.begin());
    }
    for (size_t i = size_; i < size; ++i) data()[i] = value;
    size_ = size;
  }
  void insert(size_t index, T value) {
    push_back(value);
    std::rotate(begin() + index, end() - 1, end());
  }
  void erase(size_t index) {
    std::move(begin() + index + 1, end(), begin() + index);
    pop_back();
  }

  friend bool operator==(const InlineVector& a, const InlineVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  size_t size_ = 0;
  T inline_[N] = {};
  std::vector<T> heap_;
};

}  // namespace onedge
