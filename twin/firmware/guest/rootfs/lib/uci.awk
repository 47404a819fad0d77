# Reads one file in the format of OpenWrt's UCI, and prints or changes it. What to do comes from the
# environment, since awk would take backslashes in its own arguments apart:
#   UCI_COMMAND  show, get, set, add, add_list, del_list, delete, rename, export, shell
#   UCI_PACKAGE  the file's name, for show and export; a prefix of variables, for shell
#   UCI_SECTION  a name, @TYPE[N] (N counts from 0, negative from the end), or empty for all
#   UCI_OPTION   an option or list, or empty for the section itself
#   UCI_VALUE
# Those that change print the whole new file. Exit codes: 0, 1 not found, 2 the file or the command
# is not understood, with a line on standard error that says where.
BEGIN {
  command = ENVIRON["UCI_COMMAND"]; package = ENVIRON["UCI_PACKAGE"]
  section = ENVIRON["UCI_SECTION"]; option = ENVIRON["UCI_OPTION"]; value = ENVIRON["UCI_VALUE"]
  quote = "'"
}

function fail(code, text) {
  if (text != "") print text > "/dev/stderr"
  failed = code
  exit code
}

# Takes the next word off `rest` into `word`; 0 if there is none. Quoted parts of a word join up.
function next_word(   c, in_quote, found) {
  sub(/^[ \t]+/, "", rest)
  word = ""
  while (rest != "") {
    c = substr(rest, 1, 1)
    if (in_quote == "" && (c == " " || c == "\t" || c == "#" && !found)) break
    rest = substr(rest, 2)
    found = 1
    if (in_quote == "" && (c == quote || c == "\"")) in_quote = c
    else if (c == in_quote) in_quote = ""
    else if (c == "\\" && in_quote != quote) { word = word substr(rest, 1, 1); rest = substr(rest, 2) }
    else word = word c
  }
  if (in_quote != "") fail(2, FILENAME ":" NR ": a quote is not closed")
  return found
}

function want_name(what) {
  if (!next_word() || word !~ /^[A-Za-z0-9_-]+$/) fail(2, FILENAME ":" NR ": a " what " is expected")
  return word
}

function new_section(type, name) {
  ++sections
  types[sections] = type; names[sections] = name
  if (name != "") by_name[name] = sections
  return sections
}

# The place of an option in a section; 0 if it is not there.
function find_option(s, name,   i) {
  for (i = 1; i <= options[s]; ++i) if (keys[s, i] == name) return i
  return 0
}

function set_option(s, name, text,   i) {
  i = find_option(s, name)
  if (!i) { i = ++options[s]; keys[s, i] = name }
  is_list[s, i] = 0; counts[s, i] = 1; values[s, i, 1] = text
}

function append_option(s, name, text,   i) {
  i = find_option(s, name)
  if (!i) { i = ++options[s]; keys[s, i] = name; counts[s, i] = 0 }
  is_list[s, i] = 1; values[s, i, ++counts[s, i]] = text
}

{ rest = $0; sub(/\r$/, "", rest) }
!next_word() { next }
word == "package" { want_name("name of a package"); package_line = word; next }
word == "config" {
  type = want_name("type of a section"); name = next_word() ? word : ""
  if (name !~ /^[A-Za-z0-9_]*$/) fail(2, FILENAME ":" NR ": no name for a section: " name)
  # A second section of a name adds to the first.
  current = name in by_name && name != "" ? by_name[name] : new_section(type, name)
  next
}
word == "option" || word == "list" {
  kind = word
  if (!current) fail(2, FILENAME ":" NR ": " kind " outside of a section")
  key = want_name("name")
  if (key !~ /^[A-Za-z0-9_]+$/) fail(2, FILENAME ":" NR ": no name for an option: " key)
  if (!next_word()) fail(2, FILENAME ":" NR ": " key " has no value")
  if (kind == "list") append_option(current, key, word); else set_option(current, key, word)
  next
}
{ fail(2, FILENAME ":" NR ": config, option or list expected, not " word) }

# A quote inside is written as UCI and the shell have it. Not by gsub, in whose replacement not every
# awk takes backslashes alike.
function quoted(text,   parts, n, i, joined) {
  n = split(text, parts, quote)
  joined = parts[1]
  for (i = 2; i <= n; ++i) joined = joined quote "\\" quote quote parts[i]
  return quote joined quote
}

# Which of its type it is, from 0.
function index_of(s,   i, n) { for (i = 1; i < s; ++i) n += types[i] == types[s] && !gone[i]; return n + 0 }

function find_section(text,   type, n, i, total) {
  if (text !~ /^@/) return text in by_name && !gone[by_name[text]] ? by_name[text] : 0
  if (text !~ /^@[A-Za-z0-9_-]+\[-?[0-9]+\]$/) fail(2, "no section: " text)
  type = substr(text, 2, index(text, "[") - 2)
  n = substr(text, index(text, "[") + 1) + 0
  for (i = 1; i <= sections; ++i) total += types[i] == type && !gone[i]
  if (n < 0) n += total
  for (i = 1; i <= sections; ++i) if (types[i] == type && !gone[i] && n-- == 0) return i
  return 0
}

function label(s) { return names[s] != "" ? names[s] : "@" types[s] "[" index_of(s) "]" }

function all_values(s, i, separator, plain,   v, text) {
  for (v = 1; v <= counts[s, i]; ++v)
    text = text (v > 1 ? separator : "") (plain ? values[s, i, v] : quoted(values[s, i, v]))
  return text
}

function show_section(s,   i) {
  print package "." label(s) "=" types[s]
  for (i = 1; i <= options[s]; ++i) print package "." label(s) "." keys[s, i] "=" all_values(s, i, " ")
}

function show(   s, i) {
  if (section == "") {
    for (s = 1; s <= sections; ++s) show_section(s)
    return
  }
  s = find_section(section)
  i = s ? find_option(s, option) : 0
  if (!s || option != "" && !i) fail(1)
  if (option == "") show_section(s)
  else print package "." label(s) "." option "=" all_values(s, i, " ")
}

function get(   s, i) {
  s = find_section(section)
  i = s ? find_option(s, option) : 0
  if (!s || option != "" && !i) fail(1)
  print option == "" ? types[s] : all_values(s, i, " ", 1)
}

# Variables for functions.sh: PREFIX_ID_OPTION, lists as one value a line; PREFIX_ID_ is the type.
function shell(   s, i, id, ids) {
  for (s = 1; s <= sections; ++s) {
    id = names[s] != "" ? names[s] : "cfg" s
    ids = ids " " id
    print package "_" id "_=" quoted(types[s])
    for (i = 1; i <= options[s]; ++i)
      print package "_" id "_" keys[s, i] "=" quoted(all_values(s, i, "\n", 1))
  }
  print "CONFIG_SECTIONS=" quoted(ids)
}

function print_file(   s, i, v) {
  if (command == "export") print "package " package "\n"
  for (s = 1; s <= sections; ++s) {
    if (gone[s]) continue
    print "config " types[s] (names[s] != "" ? " " quoted(names[s]) : "")
    for (i = 1; i <= options[s]; ++i) {
      if (is_list[s, i])
        for (v = 1; v <= counts[s, i]; ++v) print "\tlist " keys[s, i] " " quoted(values[s, i, v])
      else if (counts[s, i]) print "\toption " keys[s, i] " " quoted(values[s, i, 1])
    }
    print ""
  }
}

function set_value(   s) {
  if (option == "") {
    if (value !~ /^[A-Za-z0-9_-]+$/) fail(2, "no type of a section: " value)
    s = find_section(section)
    if (s) types[s] = value
    else if (section ~ /^[A-Za-z0-9_]+$/) new_section(value, section)
    else fail(1)
    return
  }
  s = find_section(section)
  if (!s) fail(1)
  # Setting nothing takes the option away, as OpenWrt's does.
  if (value == "") delete_option(s, 0)
  else set_option(s, option, value)
}

function delete_option(s, must_exist,   i) {
  i = find_option(s, option)
  if (i) { counts[s, i] = 0; keys[s, i] = "" }
  else if (must_exist) fail(1)
}

function delete_value(   s) {
  s = find_section(section)
  if (!s) fail(1)
  if (option == "") gone[s] = 1
  else delete_option(s, 1)
}

function delete_from_list(   s, i, v, kept) {
  s = find_section(section)
  i = s ? find_option(s, option) : 0
  if (!i) fail(1)
  for (v = 1; v <= counts[s, i]; ++v)
    if (values[s, i, v] != value) values[s, i, ++kept] = values[s, i, v]
  counts[s, i] = kept + 0
}

function rename_section(   s) {
  s = find_section(section)
  if (!s) fail(1)
  if (value !~ /^[A-Za-z0-9_]+$/ || value in by_name) fail(2, "no new name for a section: " value)
  delete by_name[names[s]]
  names[s] = value; by_name[value] = s
}

function append_value(   s) {
  s = find_section(section)
  if (!s) fail(1)
  append_option(s, option, value)
}

END {
  if (failed) exit failed
  if (option != "" && option !~ /^[A-Za-z0-9_]+$/) fail(2, "no name for an option: " option)
  if (index(value, "\n")) fail(2, "a value has to fit on a line")
  if (command == "show") show()
  else if (command == "get") get()
  else if (command == "shell") shell()
  else {
    if (command == "set") set_value()
    else if (command == "add") new_section(value, "")
    else if (command == "add_list") append_value()
    else if (command == "del_list") delete_from_list()
    else if (command == "delete") delete_value()
    else if (command == "rename") rename_section()
    else if (command != "export") fail(2, "no command: " command)
    print_file()
  }
}
