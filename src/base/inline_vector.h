// InlineVector<T, N>: a vector of trivially copyable T that keeps its first N elements without heap memory. Used for
// shapes, strides and axes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace onedge {

template <typename T, size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  InlineVector() {}
  InlineVector(const InlineVector& other) { Assign(other.data_, other.size_); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) Assign(other.data_, other.size_);
    return *this;
  }
  InlineVector(InlineVector&& other) noexcept { Take(other); }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this == &other) return *this;
    Free();
    data_ = inline_;
    Take(other);
    return *this;
  }
  ~InlineVector() { Free(); }
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
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  // REQUIRES: i < size().
  T& operator[](size_t i) { return data_[Checked(i)]; }
  const T& operator[](size_t i) const { return data_[Checked(i)]; }
  // REQUIRES, for these and pop_back: not empty().
  T& front() { return data_[Checked(0)]; }
  const T& front() const { return data_[Checked(0)]; }
  T& back() { return data_[Checked(size_ - 1)]; }
  const T& back() const { return data_[Checked(size_ - 1)]; }
  operator std::span<const T>() const { return {data_, size_}; }

  void push_back(T value) { resize(size_ + 1, value); }
  void pop_back() {
    ONEDGE_DCHECK(size_ > 0);
    --size_;
  }
  void clear() { size_ = 0; }
  void resize(size_t size, T value = T()) {
    Reserve(size);
    for (size_t i = size_; i < size; ++i) data_[i] = value;
    size_ = size;
  }
  // REQUIRES: index <= size().
  void insert(size_t index, T value) {
    ONEDGE_DCHECK(index <= size_);
    push_back(value);
    std::rotate(begin() + index, end() - 1, end());
  }
  // REQUIRES: index < size().
  void erase(size_t index) {
    ONEDGE_DCHECK(index < size_);
    std::move(begin() + index + 1, end(), begin() + index);
    pop_back();
  }

  friend bool operator==(const InlineVector& a, const InlineVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  size_t Checked(size_t i) const {
    ONEDGE_DCHECK(i < size_);
    return i;
  }
  bool on_heap() const { return data_ != inline_; }
  // Makes room for `size` elements and keeps the present ones.
  void Reserve(size_t size) {
    if (size <= capacity_) return;
    const size_t capacity = std::max(size, 2 * capacity_);
    T* data = static_cast<T*>(operator new(capacity * sizeof(T)));
    std::memcpy(static_cast<void*>(data), data_, size_ * sizeof(T));
    Free();
    data_ = data;
    capacity_ = capacity;
  }
  void Assign(const T* data, size_t size) {
    Reserve(size);
    std::memcpy(static_cast<void*>(data_), data, size * sizeof(T));
    size_ = size;
  }
  // Leaves `other` empty. REQUIRES: this vector owns no heap memory.
  void Take(InlineVector& other) {
    ONEDGE_DCHECK(!on_heap());
    if (other.on_heap()) {
      data_ = std::exchange(other.data_, other.inline_);
      capacity_ = std::exchange(other.capacity_, N);
      size_ = other.size_;
    } else {
      data_ = inline_;
      capacity_ = N;
      Assign(other.data_, other.size_);
    }
    other.size_ = 0;
  }
  void Free() {
    if (on_heap()) operator delete(data_);
  }

  T* data_ = inline_;
  size_t size_ = 0;
  size_t capacity_ = N;
  union {
    T inline_[N];  // a union, so that its elements start uninitialised
  };
};

}  // namespace onedge
