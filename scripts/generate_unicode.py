#!/usr/bin/env python3
"""Writes src/text/unicode/tables.{h,cc} from Debian's package unicode-data 15.0.0-1.

usage: scripts/generate_unicode.py [--ucd /usr/share/unicode] [--check]

Hugging Face tokenizers 0.23.2 uses several libraries, each with the Unicode version of its own day, so each property below is cut off
at that version by the age of the code point, and code points whose property has changed since are listed. Versions after Debian's are
added as explicit ranges. All of this was read off the library itself, code point by code point (tests/tokenizer/unicode_test.cc says how).
"""
import argparse
import pathlib
import sys

VERSION = "15.0.0"
ROOT = pathlib.Path(__file__).resolve().parent.parent / "src/text/unicode"

# Unicode 16 additions to \w, \p{L} and \p{N} (crates regex and onig), and 16 and 17 additions to N* and lowercase
# (Rust's core).
WORD_16 = """0897 1C89-1C8A A7CB-A7CD A7DA-A7DC 105C0-105F3 10D40-10D65 10D69-10D6D 10D6F-10D85 10EC2-10EC4 10EFC 11380-11389 1138B 1138E
11390-113B5 113B7-113C0 113C2 113C5 113C7-113CA 113CC-113D3 113E1-113E2 116D0-116E3 11BC0-11BE0 11BF0-11BF9 11F5A 13460-143FA 16100-16139
16D40-16D6C 16D70-16D79 18CFF 1CCF0-1CCF9 1E5D0-1E5FA 2EBF0-2EE5D"""
LETTER_16 = """1C89-1C8A A7CB-A7CD A7DA-A7DC 105C0-105F3 10D4A-10D65 10D6F-10D85 10EC2-10EC4 11380-11389 1138B 1138E 11390-113B5 113B7 113D1
113D3 11BC0-11BE0 13460-143FA 16100-1611D 16D40-16D6C 18CFF 1E5D0-1E5ED 1E5F0 2EBF0-2EE5D"""
# Marks that 16 and 17 added to what extends a grapheme cluster (crate unicode-segmentation). Those above U+FFFF are
# left out: a cluster with one is longer than what Precompiled looks up whole, unless its first character is ASCII,
# which no charsmap replaces.
EXTEND_17 = "0897 1ACF-1ADD 1AE0-1AEB"
NUMBER_16 = "10D40-10D49 116D0-116E3 11BF0-11BF9 16130-16139 16D70-16D79 1CCF0-1CCF9 1E5F1-1E5FA"
NUMBER_17 = "11DE0-11DE9 16FF4-16FF6"
LOWER_17 = {0x1C89: 0x1C8A, 0xA7CB: 0x264, 0xA7CC: 0xA7CD, 0xA7CE: 0xA7CF, 0xA7D2: 0xA7D3, 0xA7D4: 0xA7D5, 0xA7DA: 0xA7DB, 0xA7DC: 0x19B,
            **{c: c + 0x20 for c in range(0x10D50, 0x10D66)}, **{c: c + 0x1B for c in range(0x16EA0, 0x16EB9)}}

# General categories, scripts and Other_Alphabetic of 16.0, as Oniguruma has them (crate onig).
CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co".split()
CATEGORY_16 = {
    "Lu": "1C89 A7CB-A7CC A7DA A7DC 10D50-10D65", "Ll": "1C8A A7CD A7DB 10D70-10D85", "Lm": "10D4E 10D6F 16D40-16D42 16D6B-16D6C",
    "Lo": """105C0-105F3 10D4A-10D4D 10D4F 10EC2-10EC4 11380-11389 1138B 1138E 11390-113B5 113B7 113D1 113D3 11BC0-11BE0 13460-143FA
    16100-1611D 16D43-16D6A 18CFF 1E5D0-1E5ED 1E5F0 2EBF0-2EE5D""",
    "Mn": "897 10D69-10D6D 10EFC 113BB-113C0 113CE 113D0 113D2 113E1-113E2 11F5A 1611E-16129 1612D-1612F 1E5EE-1E5EF",
    "Mc": "113B8-113BA 113C2 113C5 113C7-113CA 113CC-113CD 113CF 1171E 1612A-1612C",
    "Nd": "10D40-10D49 116D0-116E3 11BF0-11BF9 16130-16139 16D70-16D79 1CCF0-1CCF9 1E5F1-1E5FA", "Pd": "10D6E",
    "Po": "1B4E-1B4F 1B7F 113D4-113D5 113D7-113D8 11BE1 16D6D-16D6F 1E5FF", "Sm": "10D8E-10D8F",
    "So": """2427-2429 2FFC-2FFF 31E4-31E5 31EF 1CC00-1CCEF 1CD00-1CEB3 1F8B2-1F8BB 1F8C0-1F8C1 1FA89 1FA8F 1FABE 1FAC6 1FADC 1FADF 1FAE9
    1FBCB-1FBEF"""}
OTHER_ALPHABETIC_16 = "363-36F 897 1DD3-1DE6 10D69 10EFC 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113CD 1611E-1612E"
SCRIPT_16 = {
    "Han": "2EBF0-2EE5D", "Latin": "A7CB-A7CD A7DA-A7DC", "Cyrillic": "1C89-1C8A", "Arabic": "897 10EC2-10EC4 10EFC",
    "Common": """2427-2429 2FFC-2FFF 31E4-31E5 31EF 1CC00-1CCF9 1CD00-1CEB3 1F8B2-1F8BB 1F8C0-1F8C1 1FA89 1FA8F 1FABE 1FAC6 1FADC 1FADF
    1FAE9 1FBCB-1FBEF""", "Todhri": "105C0-105F3", "Garay": "10D40-10D65 10D69-10D85 10D8E-10D8F", "Balinese": "1B4E-1B4F 1B7F",
    "Tulu_Tigalari": """11380-11389 1138B 1138E 11390-113B5 113B7-113C0 113C2 113C5 113C7-113CA 113CC-113D5 113D7-113D8 113E1-113E2""",
    "Myanmar": "116D0-116E3", "Sunuwar": "11BC0-11BE1 11BF0-11BF9", "Kawi": "11F5A", "Egyptian_Hieroglyphs": "13460-143FA",
    "Gurung_Khema": "16100-16139", "Kirat_Rai": "16D40-16D79", "Khitan_Small_Script": "18CFF", "Ol_Onal": "1E5D0-1E5FA 1E5FF"}

SCRIPT_9 = {0x589: "Common", 0x61C: "Common", 0x953: "Devanagari", 0x954: "Devanagari"}  # these have changed since

FLAGS = ["kControl", "kPunctuation", "kNonspacingMark", "kMark", "kWord", "kNumeric", "kLetter", "kNumber"]
FLAG_NOTES = ["Cc, Cf, Co as of 7.0, NUL and U+FFFD; not TAB, LF, CR (BertNormalizer)",
              "P* as of 8.0 or ASCII punctuation (BertPreTokenizer, Punctuation)", "Mn as of 8.0 (BertNormalizer)",
              "M* as of 9.0 (StripAccents)", "\\\\w as of 16.0 (added tokens, Whitespace)", "N* as of 17.0 (Digits)",
              "\\\\p{L} as of 16.0 (ByteLevel)", "\\\\p{N} as of 16.0 (ByteLevel)"]


def ranges(text):
    out = set()
    for part in text.split():
        first, _, last = part.partition("-")
        out.update(range(int(first, 16), int(last or first, 16) + 1))
    return out


def read_ucd(folder):
    category, ccc, decomposition, lower, age = {}, {}, {}, {}, {}
    first = None
    for line in (folder / "UnicodeData.txt").read_text().splitlines():
        f = line.split(";")
        cp = int(f[0], 16)
        if f[1].endswith("First>"):
            first = cp
            continue
        for c in range(first, cp + 1) if f[1].endswith("Last>") else [cp]:
            if not 0xD800 <= c < 0xE000:
                category[c] = f[2]
        if f[3] != "0":
            ccc[cp] = int(f[3])
        if f[5]:
            parts = f[5].split()
            compat = parts[0].startswith("<")
            decomposition[cp] = (compat, [int(x, 16) for x in parts[compat:]])
        if f[13]:
            lower[cp] = int(f[13], 16)
    for line in (folder / "DerivedAge.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            span, version = [x.strip() for x in line.split(";")]
            for c in ranges(span.replace("..", "-")):
                age[c] = tuple(map(int, version.split(".")))
    return category, ccc, decomposition, lower, age


def read_property(path, name):
    out = set()
    for line in path.read_text().splitlines():
        fields = [x.strip() for x in line.split("#")[0].split(";")]
        if len(fields) > 1 and fields[1] == name:
            out |= ranges(fields[0].replace("..", "-"))
    return out


class Tables:
    def __init__(self):
        self.header, self.source, self.bytes = [], [], 0

    def array(self, name, kind, values):
        values = list(values)
        size = {"uint8_t": 1, "uint16_t": 2, "int32_t": 4, "uint32_t": 4}[kind]
        self.bytes += size * len(values)
        self.header.append(f"extern const {kind} {name}[{len(values)}];")
        self.source.append(f"const {kind} {name}[{len(values)}] = {{")
        line = ""
        for v in values:
            item = f"{v},"
            if len(line) + len(item) > 138:
                self.source.append(line)
                line = ""
            line += item
        self.source += [line, "};", ""]

    def two_stage(self, name, mapping, kind="uint8_t"):
        """value = k<name>Values[(k<name>Blocks[cp >> shift] << shift) + (cp & mask)] for cp < limit, 0 above."""
        best = None
        top = max(mapping) + 1
        width = 1 if kind == "uint8_t" else 2
        for shift in range(4, 10):
            size = 1 << shift
            blocks, index = {}, []
            for start in range(0, top, size):
                block = tuple(mapping.get(c, 0) for c in range(start, start + size))
                index.append(blocks.setdefault(block, len(blocks)))
            if len(blocks) > 256:
                continue
            cost = len(index) + len(blocks) * size * width
            if best is None or cost < best[0]:
                best = (cost, shift, index, list(blocks))
        _, shift, index, blocks = best
        self.header.append(f"inline constexpr uint32_t k{name}Shift = {shift};")
        self.header.append(f"inline constexpr uint32_t k{name}Limit = 0x{len(index) << shift:X};")
        self.array(f"k{name}Blocks", "uint8_t", index)
        self.array(f"k{name}Values", kind, [v for block in blocks for v in block])


    def three_stage(self, name, mapping, outer, inner):
        """value = k<name>Values[block << inner + low bits], block = k<name>Inner[k<name>Outer[high bits] << outer + middle bits]."""
        top = max(mapping) + 1
        limit = -(-top >> (outer + inner)) << (outer + inner)
        blocks, index = {}, []
        for start in range(0, limit, 1 << inner):
            block = tuple(mapping.get(c, 0) for c in range(start, start + (1 << inner)))
            index.append(blocks.setdefault(block, len(blocks)))
        groups, high = {}, []
        for start in range(0, len(index), 1 << outer):
            high.append(groups.setdefault(tuple(index[start:start + (1 << outer)]), len(groups)))
        assert len(groups) <= 256
        self.header.append(f"inline constexpr uint32_t k{name}OuterShift = {outer};")
        self.header.append(f"inline constexpr uint32_t k{name}InnerShift = {inner};")
        self.header.append(f"inline constexpr uint32_t k{name}Limit = 0x{limit:X};")
        self.array(f"k{name}Outer", "uint8_t", high)
        self.array(f"k{name}Inner", "uint16_t", [v for group in groups for v in group])
        self.array(f"k{name}Values", "uint8_t", [v for block in blocks for v in block])

    def runs(self, name, value_of, single):
        """Stretches of code points of one value, in order: the value, then the length in groups of 7 bits, low ones first. `single`: values
        are below 128; those of longer stretches have 128 added, and a single code point has no length."""
        out, begin = [], 0
        while begin < 0x110000:
            value, stop = value_of(begin), begin + 1
            while stop < 0x110000 and value_of(stop) == value:
                stop += 1
            length = stop - begin
            if single and length == 1:
                out.append(value)
            else:
                out.append(value | 0x80 if single else value)
                while length > 0x7F:
                    out.append(length & 0x7F | 0x80)
                    length >>= 7
                out.append(length)
            begin = stop
        self.array(name, "uint8_t", out)

    def names(self, name, words):
        """Words, each followed by a NUL, as one string."""
        self.bytes += sum(len(w) + 1 for w in words)
        self.header.append(f"extern const char {name}[];")
        self.source.append(f"const char {name}[] =")
        line = "   "
        for w in words:
            item = f' "{w}\\0"'
            if len(line) + len(item) > 138:
                self.source.append(line)
                line = "   "
            line += item
        self.source += [line + ";", ""]


def utf16(cps):
    out = []
    for c in cps:
        out += [c] if c < 0x10000 else [0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF)]
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ucd", type=pathlib.Path, default=pathlib.Path("/usr/share/unicode"))
    parser.add_argument("--check", action="store_true", help="fail when the files differ instead of writing them")
    options = parser.parse_args()
    version = (options.ucd / "ReadMe.txt").read_text()
    if VERSION not in version:
        sys.exit(f"{options.ucd}: expected Unicode {VERSION}; install Debian's unicode-data 15.0.0-1")
    category, ccc, decomposition, lower, age = read_ucd(options.ucd)

    def of(*prefixes, until=(99, 0)):
        return {c for c, g in category.items() if g.startswith(prefixes) and age[c] <= until}

    alphabetic = read_property(options.ucd / "DerivedCoreProperties.txt", "Alphabetic")
    join = read_property(options.ucd / "PropList.txt", "Join_Control")
    sets = [
        (of("Cc", "Cf", "Co", until=(7, 0)) | {0, 0xFFFD}) - {9, 10, 13},
        of("P", until=(8, 0)) | {0x166D, 0x111C9} | set(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        (of("Mn", until=(8, 0)) - {0x1885, 0x1886, 0xA9BD, 0x111C9}) | {0x1734},
        (of("M", until=(9, 0)) - {0x111C9}) | {0x1CF2, 0x1CF3},
        alphabetic | of("M", "Nd", "Pc") | join | ranges(WORD_16),
        of("N") | ranges(NUMBER_16) | ranges(NUMBER_17),
        of("L") | ranges(LETTER_16),
        of("N") | ranges(NUMBER_16),
    ]
    flags = {}
    for bit, members in enumerate(sets):
        for c in members:
            if c < 0xE0000:  # higher code points are in properties.h
                flags[c] = flags.get(c, 0) | 1 << bit
    tables = Tables()
    tables.three_stage("Flags", flags, 4, 3)

    lower.update(LOWER_17)
    lower = {c: l - c for c, l in lower.items() if c >= 0x80 and c != 0x130}
    deltas = sorted(set(lower.values()))
    tables.two_stage("Lower", {c: deltas.index(d) + 1 for c, d in lower.items()})
    tables.array("kLowerDeltas", "int32_t", [0] + deltas)

    # Normalization is that of Unicode 9 (crate unicode-normalization-alignments).
    normalization = (9, 0)
    tables.two_stage("CombiningClass", {c: k for c, k in ccc.items() if age[c] <= normalization})

    def expand(c, compat):
        if c not in decomposition or age[c] > normalization or (decomposition[c][0] and not compat):
            return [c]
        return [x for part in decomposition[c][1] for x in expand(part, compat)]

    # Canonical decompositions, and the compatibility decompositions that differ from them.
    canonical, compatible = {}, {}
    for c in sorted(decomposition):
        if age[c] > normalization:
            continue
        parts, all_parts = utf16(expand(c, False)), utf16(expand(c, True))
        if parts != utf16([c]):
            canonical[c] = parts
        if all_parts != parts:
            compatible[c] = all_parts
    for name, mapping in (("Decomposition", canonical), ("Compatibility", compatible)):
        pool, entry = "", {}
        for c, parts in sorted(mapping.items(), key=lambda item: -len(item[1])):
            units = "".join(map(chr, ([len(parts)] if len(parts) > 14 else []) + parts))
            if units not in pool:
                pool += units
            entry[c] = pool.index(units) << 4 | min(len(parts), 15)
        assert len(pool) < 0x1000
        tables.two_stage(name, entry, "uint16_t")
        tables.array(f"k{name}Pool", "uint16_t", map(ord, pool))

    excluded = read_property(options.ucd / "DerivedNormalizationProps.txt", "Full_Composition_Exclusion")
    pairs = sorted((*d, c) for c, (compat, d) in decomposition.items()
                   if not compat and len(d) == 2 and c not in excluded and age[c] <= normalization)
    bmp = [p for p in pairs if max(p) < 0x10000]
    tables.array("kCompositions", "uint16_t", [x for p in bmp for x in p])
    tables.array("kAstralCompositions", "uint32_t", [x for p in pairs if p not in set(bmp) for x in p])

    # Grapheme clusters; CR and LF count as Control, ZWJ as Extend.
    graphemes = {}
    names = ["Other", "Control", "Extend", "SpacingMark", "Prepend", "Pictographic"]
    for value, kinds in ((1, ("Control", "CR", "LF")), (2, ("Extend", "ZWJ")), (3, ("SpacingMark",)), (4, ("Prepend",))):
        for kind in kinds:
            for c in read_property(options.ucd / "auxiliary/GraphemeBreakProperty.txt", kind):
                if c in age and c < 0xE0000:  # higher code points are in graphemes.cc
                    graphemes[c] = value
    for c in ranges(EXTEND_17):
        graphemes[c] = 2
    for c in read_property(options.ucd / "emoji/emoji-data.txt", "Extended_Pictographic"):
        graphemes[c] = 5
    tables.two_stage("Grapheme", graphemes)
    tables.header += [f"inline constexpr uint8_t kGrapheme{name} = {value};" for value, name in enumerate(names)]

    # The sets of the names in regular expressions, as of 16.0.
    category_16 = dict(category)
    for name, added in CATEGORY_16.items():
        category_16.update(dict.fromkeys(ranges(added), name))
    other = {name: read_property(options.ucd / "PropList.txt", name) for name in ("Other_Alphabetic", "Other_Uppercase", "Other_Lowercase")}
    other["Other_Alphabetic"] |= ranges(OTHER_ALPHABETIC_16)

    def category_byte(c):
        more = 3 if c in other["Other_Lowercase"] else 2 if c in other["Other_Uppercase"] else int(c in other["Other_Alphabetic"])
        return CATEGORIES.index(category_16.get(c, "Cn")) | more << 5
    tables.runs("kCategoryRuns", category_byte, single=True)
    scripts = {}
    for line in (options.ucd / "Scripts.txt").read_text().splitlines():
        fields = [x.strip() for x in line.split("#")[0].split(";")]
        if len(fields) > 1:
            scripts.update(dict.fromkeys(ranges(fields[0].replace("..", "-")), fields[1]))
    for name, added in SCRIPT_16.items():
        scripts.update(dict.fromkeys(ranges(added), name))
    script_names = sorted(set(scripts.values()))
    tables.names("kScriptNames", script_names)
    tables.runs("kScriptRuns", lambda c: script_names.index(scripts[c]) + 1 if c in scripts else 0, single=False)

    # Scripts for the pre-tokenizer UnicodeScripts: 9.0, the Japanese scripts as one; 0 for spaces and unassigned
    # characters.
    def joined_script(c):
        if c == 0x20 or c not in scripts or age.get(c, (99, 0)) > (9, 0):
            return 0
        name = SCRIPT_9.get(c, "Han" if c == 0x30FC or scripts[c] in ("Hiragana", "Katakana") else scripts[c])
        return script_names.index(name) + 1
    tables.runs("kJoinedScriptRuns", joined_script, single=False)

    notes = "\n".join(f"inline constexpr uint8_t {name} = 1 << {bit};  // {FLAG_NOTES[bit]}".replace("\\\\", "\\")
                      for bit, name in enumerate(FLAGS))
    head = f"// Generated by scripts/generate_unicode.py from Debian's unicode-data {VERSION}-1; do not edit. {tables.bytes} bytes of tables.\n"
    header = (head + "#pragma once\n\n#include <cstdint>\n\nnamespace onedge::unicode {\n\n" + notes + "\n\n"
              + "// Two stages: Values[(Blocks[cp >> Shift] << Shift) + (cp & mask)] below Limit, 0 from there on.\n"
              + "// Three stages (Flags): Values[Inner[Outer[cp >> OuterShift + InnerShift] << OuterShift + middle bits] << InnerShift + low bits].\n"
              + "// CategoryRuns: stretches of code points of one value, index of the general category | 1 << 5 Other_Alphabetic, 2 << 5 Other_Uppercase\n"
              + "// as well, 3 << 5 Other_Lowercase instead; a stretch of more than one has 128 added and its length behind it, 7 bits a byte, low ones\n"
              + "// first. ScriptRuns: stretches of one script, index of its name + 1 or 0, and the length;\n"
              + "// JoinedScriptRuns: the same of 9.0 with Hiragana and Katakana as Han (UnicodeScripts).\n"
              + "// DecompositionValues, CompatibilityValues (those that differ): place in the pool of UTF-16 units << 4 | length; 15: the length is the\n"
              + "// first unit there.\n"
              + "// Compositions: first, second, composed; sorted.\n" + "\n".join(tables.header) + "\n\n}  // namespace onedge::unicode\n")
    source = (head + '#include "text/unicode/tables.h"\n\nnamespace onedge::unicode {\n\n' + "\n".join(tables.source)
              + "}  // namespace onedge::unicode\n")
    for name, text in (("tables.h", header), ("tables.cc", source)):
        path = ROOT / name
        if options.check:
            if path.read_text() != text:
                sys.exit(f"{path.name} is not what scripts/generate_unicode.py makes: run it")
        else:
            path.write_text(text)
    print(f"{tables.bytes} bytes of tables")


main()
