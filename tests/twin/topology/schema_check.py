"""Validates files against a JSON schema: schema_check.py SCHEMA FILE...

Prints "good FILE" or "bad FILE" for each. Exits with 77 if no validator is installed.
"""
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(77)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            good = validator.is_valid(json.load(file))
        print("good" if good else "bad", name)


main()
