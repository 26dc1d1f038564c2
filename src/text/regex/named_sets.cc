// The named sets of regular expressions, as in Oniguruma 6.9 (Unicode 16).
#include <string>

#include "text/regex/code_point_set.h"
#include "text/unicode/tables.h"

namespace onedge::regex {
namespace {

// In the order of kCategoryRuns.
constexpr std::string_view kCategories[] = {"Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd",
                                            "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm",
                                            "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"};

struct Alias {
  std::string_view name, stands_for;
};

// Without spaces, hyphens, underscores and capitals.
constexpr Alias kAliases[] = {
    {"letter", "L"},
    {"uppercaseletter", "Lu"},
    {"lowercaseletter", "Ll"},
    {"titlecaseletter", "Lt"},
    {"casedletter", "LC"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"mark", "M"},
    {"combiningmark", "M"},
    {"nonspacingmark", "Mn"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"number", "N"},
    {"decimalnumber", "Nd"},
    {"digit", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"punctuation", "P"},
    {"punct", "P"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"openpunctuation", "Ps"},
    {"closepunctuation", "Pe"},
    {"initialpunctuation", "Pi"},
    {"finalpunctuation", "Pf"},
    {"otherpunctuation", "Po"},
    {"symbol", "S"},
    {"mathsymbol", "Sm"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"othersymbol", "So"},
    {"separator", "Z"},
    {"spaceseparator", "Zs"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
    {"other", "C"},
    {"control", "Cc"},
    {"cntrl", "Cc"},
    {"format", "Cf"},
    {"unassigned", "Cn"},
    {"privateuse", "Co"},
    {"surrogate", "Cs"},
};

constexpr Alias kScriptAliases[] = {
    {"arab", "arabic"},   {"cyrl", "cyrillic"}, {"deva", "devanagari"}, {"grek", "greek"},
    {"hang", "hangul"},   {"hani", "han"},      {"hebr", "hebrew"},     {"hira", "hiragana"},
    {"kana", "katakana"}, {"latn", "latin"},    {"zinh", "inherited"},  {"zyyy", "common"},
};

std::string Normalized(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '_') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return out;
}

// A length in groups of 7 bits, low ones first.
char32_t ReadLength(const uint8_t*& p) {
  char32_t length = 0;
  int shift = 0;
  for (; *p & 0x80; shift += 7) length |= static_cast<char32_t>(*p++ & 0x7F) << shift;
  return length | static_cast<char32_t>(*p++) << shift;
}

enum class Other : uint8_t { kNone, kAlphabetic, kUppercase, kLowercase };

// The code points for which holds(category, other) is true: the two letters of the category, and the property.
template <typename Predicate>
CodePointSet OfCategories(const Predicate& holds) {
  CodePointSet set;
  char32_t first = 0;
  for (const uint8_t* p = unicode::kCategoryRuns; first < CodePointSet::kLimit;) {
    const uint8_t value = *p++;
    const char32_t length = value & 0x80 ? ReadLength(p) : 1;
    if (holds(kCategories[value & 0x1F], static_cast<Other>(value >> 5 & 3))) set.Append(first, first + length - 1);
    first += length;
  }
  return set;
}

// `category`: one letter, two, or LC.
CodePointSet OfCategory(std::string_view category) {
  return OfCategories([category](std::string_view name, Other) {
    if (category == "LC") return name == "Lu" || name == "Ll" || name == "Lt";
    return name.starts_with(category);
  });
}

CodePointSet Alphabetic() {
  return OfCategories(
      [](std::string_view name, Other other) { return name[0] == 'L' || name == "Nl" || other != Other::kNone; });
}

CodePointSet Uppercase() {
  return OfCategories([](std::string_view name, Other other) { return name == "Lu" || other == Other::kUppercase; });
}

CodePointSet Lowercase() {
  return OfCategories([](std::string_view name, Other other) { return name == "Ll" || other == Other::kLowercase; });
}

CodePointSet Alphanumeric() {
  CodePointSet set = Alphabetic();
  set.Add(DigitSet());
  return set;
}

CodePointSet Blank() {
  CodePointSet set = OfCategory("Zs");
  set.Add('\t', '\t');
  return set;
}

// All except white space, controls, surrogates and unassigned code points.
CodePointSet Graph() {
  CodePointSet set =
      OfCategories([](std::string_view name, Other) { return name == "Cc" || name == "Cn" || name == "Cs"; });
  set.Add(SpaceSet());
  set.Complement();
  return set;
}

CodePointSet Print() {
  CodePointSet set = Graph();
  set.Add(OfCategory("Zs"));
  return set;
}

CodePointSet Assigned() {
  CodePointSet set = OfCategory("Cn");
  set.Complement();
  return set;
}

std::optional<CodePointSet> Script(std::string_view name) {
  for (const Alias& alias : kScriptAliases) {
    if (name == alias.name) name = alias.stands_for;
  }
  int wanted = 1;
  const char* p = unicode::kScriptNames;
  for (; *p && Normalized(p) != name; ++wanted) p += std::string_view(p).size() + 1;
  if (!*p) return std::nullopt;
  CodePointSet set;
  char32_t first = 0;
  for (const uint8_t* run = unicode::kScriptRuns; first < CodePointSet::kLimit;) {
    const int script = *run++;
    const char32_t length = ReadLength(run);
    if (script == wanted) set.Append(first, first + length - 1);
    first += length;
  }
  return set;
}

struct SetName {
  std::string_view name;
  CodePointSet (*make)();
};

// The names that \p{...} and [[:...:]] share.
constexpr SetName kSharedNames[] = {
    {"alnum", Alphanumeric},
    {"alpha", Alphabetic},
    {"ascii", [] { return CodePointSet{{0, 0x7F}}; }},
    {"blank", Blank},
    {"cntrl", [] { return OfCategory("Cc"); }},
    {"digit", DigitSet},
    {"graph", Graph},
    {"lower", Lowercase},
    {"print", Print},
    {"space", SpaceSet},
    {"upper", Uppercase},
    {"word", WordSet},
    {"xdigit", HexDigitSet},
};

constexpr SetName kPropertyNames[] = {
    {"alphabetic", Alphabetic},
    {"uppercase", Uppercase},
    {"lowercase", Lowercase},
    {"whitespace", SpaceSet},
    {"any", [] { return CodePointSet{{0, CodePointSet::kLimit - 1}}; }},
    {"assigned", Assigned},
};

std::optional<CodePointSet> Find(std::string_view name, const auto& names) {
  for (const SetName& set : names) {
    if (set.name == name) return set.make();
  }
  return std::nullopt;
}

}  // namespace

std::optional<CodePointSet> NamedSet(std::string_view given) {
  const std::string name = Normalized(given);
  if (auto set = Find(name, kSharedNames)) return set;
  if (auto set = Find(name, kPropertyNames)) return set;
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return OfCategory(alias.stands_for);
  }
  for (const std::string_view category : kCategories) {
    if (Normalized(category) == name) return OfCategory(category);
    if (name.size() == 1 && Normalized(category)[0] == name[0]) return OfCategory(category.substr(0, 1));
  }
  if (name == "lc") return OfCategory("LC");
  return Script(name);
}

std::optional<CodePointSet> PosixSet(std::string_view name) {
  if (name == "punct")
    return OfCategories([](std::string_view category, Other) { return category[0] == 'P' || category[0] == 'S'; });
  return Find(name, kSharedNames);
}

// Alphabetic, M, Nd and Pc.
CodePointSet WordSet() {
  return OfCategories([](std::string_view name, Other other) {
    return name[0] == 'L' || name == "Nl" || other != Other::kNone || name[0] == 'M' || name == "Nd" || name == "Pc";
  });
}

CodePointSet LoneWordSet() {
  CodePointSet set = WordSet();
  set.Add(CodePointSet{{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}});
  return set;
}

CodePointSet DigitSet() { return OfCategory("Nd"); }

CodePointSet SpaceSet() {
  return {{9, 13},          {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
          {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
}

CodePointSet HexDigitSet() { return {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}; }

}  // namespace onedge::regex
