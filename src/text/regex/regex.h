// Regex: a regular expression with Oniguruma's syntax and meaning, as Hugging Face tokenizers uses them, over UTF-8.
// Immutable after Compile and safe to use from several threads at once.
// It backtracks, but remembers where it has failed, so that patterns without references and look-around never take
// exponential time; and it counts its steps, so that a pattern that takes too many ends in an error and not in a hang.
#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "text/regex/program.h"

namespace onedge::regex {

class Matcher;

class Regex {
 public:
  // InvalidArgument: `pattern` is no regular expression; Unsupported: it needs what is not there, naming it.
  // REQUIRES: well-formed UTF-8.
  static Result<Regex> Compile(std::string_view pattern);

  // One after another the matches in a text, empty ones included unless they touch the match before.
  class Matches {
   public:
    // Both live as long as this does. REQUIRES: well-formed UTF-8.
    Matches(const Regex& regex, std::string_view text);
    ~Matches();
    // false: there are no more, or status() is a failure.
    bool Next(uint32_t& begin, uint32_t& end);
    // ResourceExhausted: the pattern takes absurdly many steps on this text.
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
