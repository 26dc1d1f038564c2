#!/usr/bin/env python3
"""Renders tests/js/chat/cases.json with Jinja, set up as Hugging Face transformers does it, into expected.json.

usage: tests/js/chat/record.py        needs Jinja 3.1 (Debian: python3-jinja2)
"""
import json
import pathlib

from jinja2.exceptions import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent


def fail(message):
    raise TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)
environment.globals["raise_exception"] = fail
cases = json.loads((HERE / "cases.json").read_text())
expected = []
for name, config in cases["configs"].items():
    tokens = {k: v["content"] if isinstance(v, dict) else v for k, v in config.items() if k.endswith("_token")}
    given = config["chat_template"]
    templates = {t["name"]: t["template"] for t in given} if isinstance(given, list) else {"default": given}
    for index, messages in enumerate(cases["conversations"]):
        for tools in (None, cases["tools"]):
            for prompt in (False, True):
                source = templates["tool_use" if tools and "tool_use" in templates else "default"]
                try:
                    text = environment.from_string(source).render(messages=messages, tools=tools, documents=None, add_generation_prompt=prompt, **tokens)
                    answer = {"text": text}
                except Exception as error:
                    answer = {"error": str(error)}
                expected.append({"config": name, "conversation": index, "tools": tools is not None, "prompt": prompt, **answer})
(HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in expected) + "\n]\n")
print(len(expected))
