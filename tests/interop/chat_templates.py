#!/usr/bin/env python3
"""Compares Bantam's chat templates with Jinja2, set up as transformers sets it up.

    chat_templates.py PROGRAM [--random N] [--seed S] [--show N]
    chat_templates.py --record FILE

PROGRAM is bantam-render-template. Renders with both: the six templates under BANTAM_DATA (or ../shared/data beside the
checkout) on the conversations below, the snippets of chat_template_snippets.py and N random expressions. Exits 1 on any
difference. Needs python3-jinja2 3.1 and nothing else. --record writes Jinja2's answers to the snippets, which the unit
tests compare with (src/text/jinja/testdata/recorded_answers.jsonl).
"""
import argparse
import copy
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import warnings

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

import chat_template_snippets as corpus

NOW = 1735689845  # 2025-01-01 00:04:05 UTC
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Generation(jinja2.ext.Extension):
    """{% generation %}, which transformers adds: here it only renders its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def strftime_now(format):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).replace(tzinfo=None).strftime(format)

    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = strftime_now
    return env


def slice_at_run_time():
    """Jinja computes constant expressions in advance, where a slice of what cannot be sliced is undefined; at run time it
    is an error. Nobody slices such constants, so this keeps slices out of what is computed in advance."""
    in_advance = jinja2.nodes.Getitem.as_const

    def as_const(node, eval_ctx=None):
        if isinstance(node.arg, jinja2.nodes.Slice):
            raise jinja2.nodes.Impossible()
        return in_advance(node, eval_ctx)

    jinja2.nodes.Getitem.as_const = as_const


def render_with_jinja(env, case):
    try:
        return {"text": env.from_string(case["template"]).render(**copy.deepcopy(case["context"]))}
    except jinja2.exceptions.TemplateError as error:
        raised = type(error) is jinja2.exceptions.TemplateError  # by raise_exception
        return {"error": str(error), "raised": raised}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "raised": False}


def render_with_bantam(program, cases):
    requests = "".join(json.dumps({**case, "now": NOW}) + "\n" for case in cases)
    done = subprocess.run([program], input=requests, capture_output=True, text=True, check=True, encoding="utf-8")
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    if len(answers) != len(cases):
        sys.exit(f"{program} answered {len(answers)} of {len(cases)} requests")
    return answers


def prints_beyond_bantam(text):
    """Whether the text holds an object's address or an integer beyond 64 bits."""
    large_integer = any(int(digits) >= 2**63 for digits in re.findall(r"\d{19,}", text))
    return large_integer or re.search(r" at 0x[0-9a-f]+>", text) is not None


def judge(ours, theirs):
    """'same', 'refused' (a limit that docs/chat-templates.md states) or 'different'."""
    if "error" in theirs and "error" in ours:
        if theirs["raised"]:
            return "same" if ours["code"] == "usage" and ours["message"] == theirs["error"] else "different"
        if theirs["error"].startswith("RecursionError"):
            return "same" if ours["code"] == "memory" else "different"
        return "same" if ours["code"] in ("format", "unsupported") else "different"
    if "error" in ours and ours["code"] == "unsupported":
        if prints_beyond_bantam(theirs["text"]) or "Markup" in ours["message"]:
            return "refused"
    return "same" if ours.get("text") == theirs.get("text") and "text" in ours else "different"


# ---- Conversations

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather at a place.",
    "parameters": {"type": "object", "properties": {
        "place": {"type": "string", "description": " City and country "},
        "unit": {"type": "string", "enum": ["°C", "°F"], "description": "Unit"},
        "days": {"type": "array", "items": {"type": "integer"}, "description": "Days"}}, "required": ["place"]},
    "return": {"type": "string", "description": "The weather <as text> & \"more\""}}}
ADD = {"type": "function", "function": {
    "name": "add", "description": "Adds numbers.",
    "parameters": {"type": "object", "properties": {
        "a": {"type": ["number", "integer"], "description": "first"}, "b": {"type": "object", "additionalProperties": {"type": "number"},
                                                                          "description": "second"}}}}}
NOTHING = {"type": "function", "function": {"name": "ping", "description": "No parameters.",
                                            "parameters": {"type": "object", "properties": {}}}}


def system(text): return {"role": "system", "content": text}
def user(text): return {"role": "user", "content": text}
def assistant(text): return {"role": "assistant", "content": text}
def tool(text, name="get_weather"): return {"role": "tool", "name": name, "content": text}


def call(arguments, name="get_weather", content=None):
    return {"role": "assistant", "content": content,
            "tool_calls": [{"type": "function", "function": {"name": name, "arguments": arguments}}]}


TURNS = [user("Hello!"), assistant("Hi. How can I help?"), user("Tell me a joke."), assistant("No."), user("Why?")]
UNICODE = [user("  Grüße! 漢字 🙂 \u2028 \t"), assistant("\n\nПривет, שלום, नमस्ते\n"), user("e\u0301 and <tags> & \"quotes\" 'too' \\n")]
RESULT = json.dumps({"temperature": 21.5, "sky": "☀"}, ensure_ascii=False)
ARGUMENTS = {"place": "Zürich, CH", "unit": "°C", "days": [1, 2], "deep": {"a": None, "b": True, "c": 1.0, "d": "\"q\"\n"}}
CALLS = [user("Weather?"), call(ARGUMENTS), tool(RESULT), assistant("Sunny."), user("Thanks")]
CALLS_AS_TEXT = [user("Weather?"), call(json.dumps(ARGUMENTS)), tool(RESULT), assistant("Sunny."), user("Thanks")]
TWO_RESULTS = [user("Both?"), {"role": "assistant", "content": "", "tool_calls": [
    {"type": "function", "function": {"name": "get_weather", "arguments": {"place": "A"}}},
    {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": {}}}}]}, tool("one"), tool("2", "add"), assistant("done")]
TWO_RESULTS_AS_TEXT = copy.deepcopy(TWO_RESULTS)
for entry in TWO_RESULTS_AS_TEXT[1]["tool_calls"]:
    entry["function"]["arguments"] = json.dumps(entry["function"]["arguments"])
TWO_RESULTS_AS_TEXT[1]["content"] = None

CONVERSATIONS = {
    "one turn": {"messages": [user("Hello!")]},
    "system": {"messages": [system("You are terse."), user("Hello!")]},
    "several turns": {"messages": TURNS},
    "system and several turns": {"messages": [system("  Be kind.\n")] + TURNS},
    "unicode": {"messages": [system("Ünïcödé 系統")] + UNICODE},
    "unicode without system": {"messages": UNICODE},
    "empty content": {"messages": [system(""), user(""), assistant(""), user(" ")]},
    "ends with the assistant": {"messages": [user("Hi"), assistant("There")]},
    "only system": {"messages": [system("Alone.")]},
    "wrong order": {"messages": [assistant("I start."), user("Hm.")]},
    "markup in content": {"messages": [user("{{ 7 * 7 }} {% if %} <|im_end|>"), assistant("</think>reasoned</think> answer")]},
    "tools": {"messages": [user("Weather?")], "tools": [WEATHER, ADD, NOTHING]},
    "tools and system": {"messages": [system("Use tools.")] + TURNS, "tools": [WEATHER]},
    "tool call and result": {"messages": CALLS, "tools": [WEATHER]},
    "tool call with text arguments": {"messages": CALLS_AS_TEXT, "tools": [WEATHER]},
    "two calls and results": {"messages": TWO_RESULTS, "tools": [WEATHER, ADD]},
    "two calls with text arguments": {"messages": TWO_RESULTS_AS_TEXT, "tools": [WEATHER, ADD]},
    "tool result last": {"messages": CALLS_AS_TEXT[:3], "tools": [WEATHER]},
    "tool result that is data": {"messages": CALLS[:2] + [tool({"a": [1, "é"]})], "tools": [WEATHER]},
    "tools beside the user message": {"messages": [system("S")] + CALLS, "tools": [WEATHER, ADD], "tools_in_user_message": False},
    "custom tools and date": {"messages": TURNS, "custom_tools": [WEATHER["function"]], "date_string": "1 Jan 2025"},
    "tools without messages": {"messages": [], "tools": [WEATHER]},
    "tools null": {"messages": TURNS, "tools": None},
}
TOKENS = {"bos_token": "<|begin_of_text|>", "eos_token": "<|end▁of▁text|>"}


def data_folder():
    folder = pathlib.Path(os.environ.get("BANTAM_DATA", ROOT / "../shared/data"))
    return folder if folder.exists() else None


def template_cases(folder):
    cases = []
    for path in sorted((folder / "tokenizer/templates").glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for title, conversation in CONVERSATIONS.items():
            for prompt in (None, False, True):
                context = {**TOKENS, **conversation}
                if prompt is not None:
                    context["add_generation_prompt"] = prompt
                name = f"{path.stem}: {title}, add_generation_prompt {prompt}"
                cases.append({"name": name, "template": source, "context": context})
    return cases


def record(env, path):
    """One line of context, then one line for each snippet: its text, or that it fails. Texts with addresses are left out."""
    lines = [{"context": corpus.CONTEXT}]
    for template in corpus.snippets():
        answer = render_with_jinja(env, {"template": template, "context": corpus.CONTEXT})
        if not prints_beyond_bantam(answer.get("text", "")):
            lines.append({"template": template, **({"text": answer["text"]} if "text" in answer else {"fails": True})})
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    print(f"{path}: {len(lines) - 1} answers of Jinja2 {jinja2.__version__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--record", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--random", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    options = parser.parse_args()
    if (options.program is None) == (options.record is None):
        parser.error("give either PROGRAM or --record FILE")
    env = environment()
    slice_at_run_time()
    warnings.simplefilter("ignore")  # Python's about expressions that are nonsense on purpose
    if options.record:
        return record(env, options.record)

    groups = {}
    folder = data_folder()
    if folder is None:
        print("six templates: skipped: no data")
    else:
        groups["conversations"] = template_cases(folder)
    groups["snippets"] = [{"name": t, "template": t, "context": corpus.CONTEXT} for t in corpus.snippets()]
    generator = corpus.Generator(options.seed)
    groups["random"] = [{"name": t, "template": t, "context": corpus.CONTEXT}
                        for t in (generator.template() for _ in range(options.random))]

    failures = 0
    for title, cases in groups.items():
        verdicts = {"same": 0, "refused": 0, "different": 0}
        rendered = 0
        for case, ours in zip(cases, render_with_bantam(options.program, cases)):
            theirs = render_with_jinja(env, case)
            verdict = judge(ours, theirs)
            verdicts[verdict] += 1
            rendered += verdict == "same" and "text" in theirs
            if verdict == "different" and (failures := failures + 1) <= options.show:
                print(f"DIFFERENT {case['name'][:500]}\n  jinja2: {str(theirs)[:500]}\n  bantam: {str(ours)[:500]}")
        print(f"{title}: {len(cases)} compared, {verdicts['same']} same ({rendered} texts, {verdicts['same'] - rendered} "
              f"errors in both), {verdicts['refused']} refused as documented, {verdicts['different']} different")

    refused = [{"name": t, "template": t, "context": corpus.CONTEXT} for t in corpus.REFUSED]
    wrong = [(c["name"], a) for c, a in zip(refused, render_with_bantam(options.program, refused))
             if a.get("code") != "unsupported"]
    for name, answer in wrong:
        print(f"NOT REFUSED {name}\n  bantam: {answer}")
    print(f"refused constructs: {len(refused)}, {len(refused) - len(wrong)} refused with a clear error")
    sys.exit(1 if failures or wrong else 0)


if __name__ == "__main__":
    main()
