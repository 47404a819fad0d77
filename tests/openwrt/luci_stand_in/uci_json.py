"""get PACKAGE prints its sections as JSON; put PACKAGE writes those on standard input to the file."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "router"))
import uci_file  # noqa: E402

verb, package = sys.argv[1:]
if verb == "get":
    print(json.dumps([{".name": s["name"], ".type": s["type"], **s["options"]} for s in uci_file.load(package)]))
else:
    sections = [{"name": s.pop(".name"), "type": s.pop(".type"), "anonymous": False, "options": s}
                for s in json.load(sys.stdin)]
    with open(uci_file.path_of(package, False), "w", encoding="utf-8") as file:
        file.write(uci_file.export(package, sections))
