// AnswerWriter: writes answers as JSON.
#pragma once

#include "text/json.h"

namespace onedge::tasks {

class AnswerWriter : public JsonWriter {
 public:
  // `as_float`: scores with the fewest digits that read back as the same float32, instead of the same double.
  explicit AnswerWriter(bool as_float) : as_float_(as_float) {}

  AnswerWriter& Key(std::string_view key) {
    JsonWriter::Key(key);
    return *this;
  }
  void Score(float value) {
    if (as_float_) {
      Float(value);
    } else {
      Number(static_cast<double>(value));
    }
  }

 private:
  bool as_float_;
};

}  // namespace onedge::tasks
