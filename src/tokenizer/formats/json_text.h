// JsonText: writes the tokenizer.json of a converter, from front to back. Every call is small and leaves no temporary:
// the converters are cold code, and their size in the WebAssembly module is the size of their calls. Not a JsonWriter,
// because its tree would take several times the memory of the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onedge::tokenizer {

class JsonText {
 public:
  std::string& text() { return text_; }

  JsonText& Raw(const char* json);
  JsonText& Raw(std::string_view json);
  // A JSON string with its quotes. REQUIRES: well-formed UTF-8.
  JsonText& Quoted(std::string_view content);
  JsonText& Number(size_t number);
  JsonText& Bool(bool value);
  // Writes the comma before an item of a list or object, unless it is the first.
  JsonText& Item();

  // An entry of added_tokens.
  void AddedToken(size_t id, std::string_view content, bool special, bool lstrip = false, bool normalized = false);

  struct Token {
    std::string_view content;
    size_t id = 0;
  };
  // Writes a TemplateProcessing. A template is pairs of characters: A, B (the texts), b (the token `begin`) or e
  // (`end`), each followed by its type id.
  void Template(const char* single, const char* pair, const Token& begin, const Token& end);

 private:
  void Parts(const char* parts, const Token& begin, const Token& end);

  std::string text_;
};

}  // namespace onedge::tokenizer
