// Regex: a regular expression with Oniguruma's syntax and semantics, as in Hugging Face tokenizers, over UTF-8.
// Immutable after Compile and safe to use from several threads at once.
// It backtracks, but records where it has failed, so patterns without references and look-around never take exponential
// time. It counts its steps, so a pattern that takes too many ends in an error and does not hang.
#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "text/regex/program.h"

namespace onedge::regex {

class Matcher;

class Regex {
 public:
  // InvalidArgument: `pattern` is not a regular expression. Unsupported: the message names the unsupported syntax.
  // REQUIRES: well-formed UTF-8.
  static Result<Regex> Compile(std::string_view pattern);

  // Iterates over the matches in a text, including empty ones unless they touch the match before.
  class Matches {
   public:
    // Both must outlive the Matches. REQUIRES: well-formed UTF-8.
    Matches(const Regex& regex, std::string_view text);
    ~Matches();
    // False: no more matches, or status() is an error.
    bool Next(uint32_t& begin, uint32_t& end);
    // ResourceExhausted: the pattern takes too many steps on this text.
    const Status& status() const { return status_; }

   private:
    std::unique_ptr<Matcher> matcher_;
    uint32_t from_ = 0;
    uint32_t previous_end_ = UINT32_MAX;
    Status status_;
  };

 private:
  explicit Regex(Program program) : program_(std::move(program)) {}
  Program program_;
};

}  // namespace onedge::regex
