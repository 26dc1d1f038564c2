#include "tokenizer/metaspace.h"

#include "text/unicode/utf8.h"

namespace onedge::tokenizer {

Result<Metaspace> ParseMetaspace(const Json& json) {
  Metaspace metaspace;
  ONEDGE_ASSIGN_OR_RETURN(const Json replacement, json.Member("replacement"));
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view text, replacement.AsString());
  if (unicode::CountCodePoints(text) != 1) return replacement.Expected("one character");
  metaspace.replacement = unicode::At(text, 0);
  if (const auto scheme = json.Find("prepend_scheme")) {
    ONEDGE_ASSIGN_OR_RETURN(const std::string_view name, scheme->AsString());
    if (name == "first")
      metaspace.prepend_scheme = PrependScheme::kFirst;
    else if (name == "never")
      metaspace.prepend_scheme = PrependScheme::kNever;
    else if (name != "always")
      return scheme->Expected("first, never or always");
  }
  // Older files have add_prefix_space instead.
  ONEDGE_ASSIGN_OR_RETURN(const bool add_prefix_space, json.BoolMember("add_prefix_space", true));
  if (!add_prefix_space) {
    if (json.Find("prepend_scheme") && metaspace.prepend_scheme != PrependScheme::kNever) {
      return json.Expected("prepend_scheme never, as add_prefix_space is false");
    }
    metaspace.prepend_scheme = PrependScheme::kNever;
  }
  ONEDGE_ASSIGN_OR_RETURN(metaspace.split, json.BoolMember("split", true));
  return metaspace;
}

}  // namespace onedge::tokenizer
