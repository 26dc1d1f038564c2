// ModelWorkspace: memory for a model's work on one split, kept between splits to save allocations. One for each
// Workspace; not thread-safe. Its content is valid only during one call of Model::Tokenize.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

struct ModelWorkspace {
  // BPE: a piece of the split. A doubly linked list in an array, because merging removes pieces.
  struct Symbol {
    int32_t id;
    uint32_t length;  // bytes; 0: merged into another
    int32_t previous, next;
  };
  // BPE: a possible merge: the position of its left symbol, and its result.
  struct Candidate {
    uint32_t rank;
    int32_t position;
    int32_t merged;
    // std::push_heap keeps the largest on top: the earliest merge, and among equals the leftmost.
    friend bool operator<(const Candidate& a, const Candidate& b) {
      return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
    }
  };
  // Unigram: the best division of the text up to a byte: its last token.
  struct Node {
    double score;
    uint32_t begin;
    int32_t id;
  };

  std::vector<Symbol> symbols;
  std::vector<Candidate> candidates;
  std::vector<Node> nodes;
  std::vector<Token> reversed;
};

}  // namespace onedge::tokenizer
