"""jshn.sh's reading and writing of JSON. `load SPACE JSON` prints assignments, `dump SPACE` reads such."""
import json
import re
import shlex
import sys


def load(space, text):
    lines = []
    nodes = 0

    def put(name, value):
        lines.append(f"J_{space}_{name}={shlex.quote(str(value))}")

    def node(value, parent):
        nonlocal nodes
        nodes += 1
        number = nodes
        put(f"{number}_parent", parent)
        put(f"{number}_kind", "object" if isinstance(value, dict) else "array")
        items = value.items() if isinstance(value, dict) else ((str(i + 1), v) for i, v in enumerate(value))
        keys = []
        for name, item in items:
            key = re.sub(r"[^A-Za-z0-9_]", "_", name)
            keys.append(key)
            put(f"{number}_name_{key}", name)
            if isinstance(item, (dict, list)):
                kind, item = ("object" if isinstance(item, dict) else "array"), node(item, number)
            elif isinstance(item, bool):
                kind, item = "boolean", int(item)
            elif item is None:
                kind, item = "null", ""
            else:
                kind = {str: "string", int: "int", float: "double"}[type(item)]
            put(f"{number}_type_{key}", kind)
            put(f"{number}_value_{key}", item)
        put(f"{number}_keys", " ".join(keys))
        return number

    node(json.loads(text), "")
    put("nodes", nodes)
    put("here", 1)
    print("\n".join(lines))


def dump(space):
    values = {}
    for line in sys.stdin:
        name, _, value = line.rstrip("\n").partition("=")
        values[name[len(f"J_{space}_"):]] = "".join(shlex.split(value))

    def node(number):
        pairs = []
        for key in values.get(f"{number}_keys", "").split():
            kind, value = values[f"{number}_type_{key}"], values[f"{number}_value_{key}"]
            if kind in ("object", "array"):
                value = node(value)
            elif kind == "int":
                value = int(value)
            elif kind == "boolean":
                value = value == "1"
            elif kind == "null":
                value = None
            pairs.append((values.get(f"{number}_name_{key}") or key, value))
        return [v for _, v in pairs] if values[f"{number}_kind"] == "array" else dict(pairs)

    print(json.dumps(node("1")))


if sys.argv[1] == "load":
    load(sys.argv[2], sys.argv[3])
else:
    dump(sys.argv[2])
