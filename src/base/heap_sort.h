// HeapSort: in place of std::sort and std::stable_sort where what is sorted is small or seldom: 400 bytes of wasm for
// each type and order instead of 2,500. Equal elements end in any order.
#pragma once

#include <algorithm>

namespace onedge {

template <typename Range, typename Less>
void HeapSort(Range&& range, Less less) {
  std::make_heap(range.begin(), range.end(), less);
  std::sort_heap(range.begin(), range.end(), less);
}

}  // namespace onedge
