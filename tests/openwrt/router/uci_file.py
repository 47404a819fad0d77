"""UCI's file format, as libuci reads it: for stand-ins of the router's programs.

A file is a list of sections; a section is {"type", "name", "anonymous", "options"}, and an option
is a string or a list of strings. Mistakes raise UciError with the line.
"""
import os
import zlib


class UciError(Exception):
    pass


def words_of(text):
    """Yields (line, [words]) for each statement."""
    words, word, line = [], None, 1
    position, end = 0, len(text)
    start = 1
    while position < end:
        char = text[position]
        position += 1
        if char in " \t\r":
            if word is not None:
                words.append(word)
                word = None
        elif char in "\n;":
            if word is not None:
                words.append(word)
                word = None
            if words:
                yield start, words
            words = []
            if char == "\n":
                line += 1
            start = line
        elif char == "#" and word is None:
            while position < end and text[position] != "\n":
                position += 1
        elif char == "\\":
            if position == end:
                raise UciError(f"line {line}: backslash at the end")
            word = (word or "") + text[position]
            position += 1
        elif char in "'\"":
            word = word or ""
            while True:
                if position == end:
                    raise UciError(f"line {line}: unterminated {char}")
                inner = text[position]
                position += 1
                if inner == char:
                    break
                if inner == "\n":
                    line += 1
                if inner == "\\" and char == '"':
                    inner = text[position]
                    position += 1
                word += inner
        else:
            word = (word or "") + char
    if word is not None:
        words.append(word)
    if words:
        yield start, words


def is_name(text):
    return text != "" and all(c.isascii() and (c.isalnum() or c == "_") for c in text)


def parse(text):
    sections = []
    for line, words in words_of(text):
        verb, arguments = words[0], words[1:]
        if verb == "package" and len(arguments) == 1:
            continue
        if verb == "config" and len(arguments) in (1, 2):
            name = arguments[1] if len(arguments) == 2 and arguments[1] else None
            if not is_name(arguments[0]) or (name is not None and not is_name(name)):
                raise UciError(f"line {line}: invalid character in name field")
            same = next((s for s in sections if name and s["name"] == name), None)
            if same is not None:  # libuci goes on with the section of that name
                same["type"] = arguments[0]
                sections.remove(same)
                sections.append(same)
            else:
                sections.append({"type": arguments[0], "name": name, "anonymous": name is None,
                                 "options": {}})
        elif verb in ("option", "list") and len(arguments) == 2 and sections:
            name, value = arguments
            if not is_name(name):
                raise UciError(f"line {line}: invalid character in name field")
            options = sections[-1]["options"]
            if verb == "option":
                options[name] = value
            else:
                before = options.get(name)
                before = [] if before is None else before if isinstance(before, list) else [before]
                options[name] = before + [value]
        else:
            raise UciError(f"line {line}: cannot be understood: {' '.join(words)}")
    for place, section in enumerate(sections):
        if section["anonymous"]:
            seed = section["type"] + repr(sorted(section["options"].items()))
            section["name"] = f"cfg{place + 1:02x}{zlib.crc32(seed.encode()) & 0xffff:04x}"
    return sections


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def export(package, sections, name_all=False):
    lines = [f"package {package}", ""]
    for section in sections:
        lines.append(f"config {section['type']}" +
                     ("" if section["anonymous"] and not name_all else f" {quoted(section['name'])}"))
        for name, value in section["options"].items():
            if isinstance(value, list):
                lines += [f"\tlist {name} {quoted(item)}" for item in value]
            else:
                lines.append(f"\toption {name} {quoted(value)}")
        lines.append("")
    return "\n".join(lines)


def path_of(package, staged):
    """UCI_CONFIG_DIR has the files; what is changed, but not committed yet, is in .staged there."""
    directory = os.environ["UCI_CONFIG_DIR"]
    return os.path.join(directory, ".staged" if staged else "", package)


def load(package):
    for staged in (True, False):
        try:
            with open(path_of(package, staged), encoding="utf-8") as file:
                return parse(file.read())
        except FileNotFoundError:
            continue
    raise UciError("Entry not found")
