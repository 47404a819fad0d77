"""Reads an XML file strictly and prints it as JSON: xml_to_json.py FILE

Each element is {"tag", "attributes", "text", "children"}; text is that of the element and of all
within. Exits with 1 and says why if the file is not well-formed.
"""
import json
import sys
import xml.etree.ElementTree as ElementTree


def tree(element):
    return {
        "tag": element.tag,
        "attributes": element.attrib,
        "text": "".join(element.itertext()),
        "children": [tree(child) for child in element],
    }


try:
    print(json.dumps(tree(ElementTree.parse(sys.argv[1]).getroot())))
except ElementTree.ParseError as error:
    print("not well-formed:", error)
    sys.exit(1)
