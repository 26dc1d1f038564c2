#include "ops/math/einsum_equation.h"

#include <algorithm>

namespace onedge::ops {
namespace {

Result<std::string> ParseTerm(std::string_view text) {
  std::string term;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      term.push_back(c);
    } else if (text.substr(i, 3) == "..." && term.find('.') == std::string::npos) {
      term.push_back('.');
      i += 2;
    } else {
      return Unsupported("attribute 'equation': '", text, "' is not a list of letters with at most one ellipsis");
    }
  }
  if (term.size() > kMostLabels) return Unsupported("attribute 'equation': '", text, "' has too many labels");
  return term;
}

}  // namespace

Result<Equation> ParseEquation(std::string_view with_spaces) {
  std::string text;
  for (char c : with_spaces) {
    if (c != ' ') text.push_back(c);
  }
  Equation equation;
  const size_t arrow = text.find("->");
  const std::string_view left = std::string_view(text).substr(0, arrow);
  for (size_t begin = 0; begin <= left.size();) {
    const size_t end = std::min(left.find(',', begin), left.size());
    ONEDGE_ASSIGN_OR_RETURN(std::string term, ParseTerm(left.substr(begin, end - begin)));
    equation.inputs.push_back(std::move(term));
    begin = end + 1;
  }
  if (arrow != std::string::npos) {
    ONEDGE_ASSIGN_OR_RETURN(equation.output, ParseTerm(std::string_view(text).substr(arrow + 2)));
    for (char c : equation.output) {
      const bool known = c == '.' || left.find(c) != std::string_view::npos;
      if (!known || std::count(equation.output.begin(), equation.output.end(), c) > 1) {
        return Unsupported("attribute 'equation': output label '", c,
                           "' must occur in an input, and once in the output");
      }
    }
    return equation;
  }
  // Without an arrow: the ellipsis, then the labels that occur once, in alphabetical order (capitals first).
  int count[128] = {};
  for (const std::string& term : equation.inputs) {
    for (char c : term) ++count[static_cast<size_t>(c)];
  }
  if (count['.'] > 0) equation.output.push_back('.');
  for (char c = 'A'; c <= 'z'; ++c) {
    if (count[static_cast<size_t>(c)] == 1) equation.output.push_back(c);
  }
  return equation;
}

Labels Expand(const std::string& term, size_t ellipsis) {
  Labels labels;
  for (char c : term) {
    if (c != '.') {
      labels.push_back(static_cast<uint8_t>(c));
    } else {
      for (size_t i = ellipsis; i-- > 0;) labels.push_back(static_cast<uint8_t>(kEllipsis + i));
    }
  }
  return labels;
}

}  // namespace onedge::ops
