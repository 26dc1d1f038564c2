#!/usr/bin/python3
"""Prints the tables of the model card from evaluate.mjs's report:  report.py metrics.json"""
import json
import sys

NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian (Bokmål)", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian (Cyrillic)", "sv": "Swedish", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}


def percent(entry):
    return f"{100 * entry['right'] / entry['count']:.1f}" if entry else "-"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        report = json.load(f)
    print("| texts | number | f32, % right | int8, % right (f32 on the same texts; their number) | int8 answers as f32, % |\n|---|---|---|---|---|")
    for name, builds in report.items():
        full, int8 = builds["torch"], builds.get("int8")
        small = f"{100 * int8['accuracy']:.2f} ({100 * int8['torchAccuracy']:.2f}; {int8['count']})" if int8 else "-"
        print(f"| {name} | {full['count']} | {100 * full['accuracy']:.2f} | {small} | {100 * int8['agreesWithTorch']:.2f} |" if int8 else
              f"| {name} | {full['count']} | {100 * full['accuracy']:.2f} | - | - |")
    first, second = list(report)[0], [name for name in report if name.startswith("fortunes")][0]
    held, other = report[first]["torch"], report[second]["torch"]
    small = report[first].get("int8", {"perLanguage": {}})
    print(f"\n| language | {first}, f32 | int8 | taken for (of {max(e['count'] for e in held['perLanguage'].values())}) | {second}, f32 |\n|---|---|---|---|---|")
    for code in sorted(held["perLanguage"]):
        wrong = sorted(((n, pair.split(">")[1]) for pair, n in held["confusion"].items() if pair.startswith(code + ">")), reverse=True)
        apart = other["perLanguage"].get(code)
        print(f"| {code} {NAMES[code]} | {percent(held['perLanguage'][code])} | {percent(small['perLanguage'].get(code))} | "
              f"{', '.join(f'{to} {n}' for n, to in wrong[:4]) or '-'} | {percent(apart)}{' of ' + str(apart['count']) if apart else ''} |")


if __name__ == "__main__":
    main()
