"""Finds classes, structs, unions and enums that two files define under one full name: each program would take whichever its
linker met first, for both. (`./run lint --odr` lets the compiler compare the layouts of everything that is linked.)

    python tests/one_definition_test.py REPOSITORY [PROGRAM]

Names in anonymous namespaces and in functions belong to their file alone. Tests are linked with the sources: they count.
"""
import collections
import pathlib
import re
import sys

TOKEN = re.compile(r'''
    (?P<skip> \s+ | //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:\\\n|[^\n])* )
  | (?P<raw> R"(?P<mark>[^()\\\s"]{0,16})\(.*?\)(?P=mark)" )
  | (?P<text> "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*' )
  | (?P<word> [A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)* )
  | (?P<other> . )''', re.X | re.S | re.M)


def definitions(code):
    """Full names of the types that the code defines, with their lines."""
    tokens = [(m.group(), m.start()) for m in TOKEN.finditer(code) if m.lastgroup in ("word", "other")]
    scopes = []  # names; None: a function, an initialiser, an anonymous namespace
    head = []  # tokens since the last ; { }
    line, at = 1, 0
    for token, start in tokens:
        line += code.count("\n", at, start)
        at = start
        if token == "{":
            kind, name = opening(head)
            if kind == "type" and None not in scopes:
                yield "::".join([scope for scope in scopes if scope] + [name]), line
            scopes.append("" if kind == "linkage" else name)
            head = []
        elif token == "}":
            if scopes:
                scopes.pop()
            head = []
        elif token == ";":
            head = []
        else:
            head.append(token)
    assert not scopes, "braces do not match"


def opening(head):
    """What a brace after these tokens opens: (kind, name)."""
    head = without_templates(head)
    if head[:1] == ["inline"] and head[1:2] == ["namespace"]:
        head = head[1:]
    if head[:1] == ["namespace"]:
        return ("namespace", re.sub(r"\s", "", head[1])) if len(head) > 1 else ("anonymous", None)
    if head == ["extern"]:
        return "linkage", ""
    for i, token in enumerate(head):
        if token in ("class", "struct", "union", "enum"):
            rest = [word for word in head[i + 1:] if word not in ("class", "struct", "final")]
            if rest and "(" not in rest and "=" not in rest and re.match(r"[A-Za-z_]", rest[0]):
                # `template <> struct hash<Key>` is another type than `hash`.
                arguments = "".join(rest[1:rest.index(":")] if ":" in rest else rest[1:])
                return "type", re.sub(r"\s", "", rest[0]) + (arguments if arguments.startswith("<") else "")
        if token in ("(", "="):
            break
    return "other", None


def without_templates(head):
    """The tokens behind `public:`, attributes and `template <...>`."""
    while True:
        if head[:1] == ["template"]:
            depth, end = 0, 1
            for end in range(1, len(head)):
                depth += {"<": 1, ">": -1}.get(head[end], 0)
                if depth == 0:
                    break
            head = head[end + 1:]
        elif len(head) > 1 and head[0] in ("public", "private", "protected") and head[1] == ":":
            head = head[2:]
        elif head[:2] == ["[", "["]:
            head = head[head.index("]") + 2:]
        else:
            return head


def self_check():
    code = '''
        namespace a::b { struct One { enum class Inner { kX }; int f() { struct Local {}; return 0; } }; class Two; }
        namespace a { namespace { struct Hidden {}; } template <typename T> class Box final : public B<T> { public: struct In {}; };
        struct One* make(struct One x) { return nullptr; } enum Colour : int { kRed }; auto text = R"x({ struct No {} )x"; // struct No {
        template <> struct Box<int> {}; extern "C" { struct Linked {}; } const struct Other kOther = {1}; }
        struct a::Two::Late { int x; };'''
    found = sorted(name for name, _ in definitions(code))
    expected = sorted(["a::b::One", "a::b::One::Inner", "a::Box", "a::Box::In", "a::Colour", "a::Box<int>", "a::Linked", "a::Two::Late"])
    assert found == expected, f"the reader of C++ reads {found}, expected {expected}"


self_check()
root = pathlib.Path(sys.argv[1])
places = collections.defaultdict(dict)
files = sorted(path for folder in ("src", "demo", "tests") for path in (root / folder).rglob("*") if path.suffix in (".h", ".cc"))
for path in files:
    try:
        for name, line in definitions(path.read_text()):
            places[name].setdefault(path.relative_to(root), line)
    except AssertionError as error:
        sys.exit(f"{path.relative_to(root)}: {error}")
assert len(files) > 200 and len(places) > 300, "the sources were not found; the test looks in the wrong place"
twice = {name: where for name, where in places.items() if len(where) > 1}
for name, where in sorted(twice.items()):
    print(f"{name} is defined in " + " and in ".join(f"{path}:{line}" for path, line in where.items()) + "; expected one definition: rename one, or put it into an anonymous namespace.")
if not twice:
    print(f"{len(places)} types of {len(files)} files, each defined once")
sys.exit(1 if twice else 0)
