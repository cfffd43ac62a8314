"""Writes docs/commands.md from the program's own --help. With --check only compares.

    python tools/make_command_reference.py build/clipwright [--check]

The demo's program is looked for beside it.
"""
import pathlib
import re
import subprocess
import sys

program = pathlib.Path(sys.argv[1]).resolve()
target = pathlib.Path(__file__).resolve().parent.parent / "docs" / "commands.md"


def help_of(*words, of=program):
    done = subprocess.run([of, *words, "--help"], stdout=subprocess.PIPE, text=True, check=True, env={"COLUMNS": "120", "PATH": "/usr/bin"})
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip()


def subcommands(text):
    part = text.split("Subcommands:")
    return [name for name in re.findall(r"^  ([a-z][a-z-]*)\s", part[1], re.M) if name != "clipwright"] if len(part) > 1 else []


def sections(words):
    text = help_of(*words)
    yield "## clipwright" + "".join(" " + word for word in words) + "\n\n```\n" + text + "\n```\n"
    for name in subcommands(text) if len(words) < 2 else []:
        yield from sections([*words, name])


document = "# Command reference\n\nMade by tools/make_command_reference.py from the program's own help.\n\n" + "\n".join(sections([]))
document += "\n## clipwright-demo\n\n```\n" + help_of(of=program.parent / "clipwright-demo") + "\n```\n"
if "--check" in sys.argv:
    if not target.exists() or target.read_text() != document:
        sys.exit("docs/commands.md is not what --help says; run: python tools/make_command_reference.py build/clipwright")
    print("docs/commands.md agrees with --help")
else:
    target.write_text(document)
