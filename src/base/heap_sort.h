// HeapSort: replaces std::sort and std::stable_sort for small or rare inputs: 400 bytes of wasm for each type and order
// instead of 2,500. The order of equal elements is not defined.
#pragma once

#include <algorithm>

namespace onedge {

template <typename Range, typename Less>
void HeapSort(Range&& range, Less less) {
  std::make_heap(range.begin(), range.end(), less);
  std::sort_heap(range.begin(), range.end(), less);
}

}  // namespace onedge
