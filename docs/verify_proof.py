#!/usr/bin/env python3
"""Check a proof of rui.journal_proof or rui.row_proof against a published head.

    verify_proof.py PROOF.json NUMBER ROOT

NUMBER and ROOT are those of the head as it was published (event journal.seal,
table rui.seal). Prints the row and exits with 0 when the proof holds, else says
why not and exits with 1. Needs nothing but Python: the trees are those of
RFC 6962 (2.1) over SHA-256, the check is that of RFC 9162 (2.1.3.2).
"""
import hashlib
import json
import sys


def leaf_hash(content):
    return hashlib.sha256(b"\x00" + content.encode("utf-8")).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(content, index, size, path):
    """The root of a tree of size leaves in which content stands at index."""
    if not 0 <= index < size:
        raise ValueError("there is no leaf %d among %d" % (index, size))
    number, last, result = index, size - 1, leaf_hash(content)
    for part in path:
        if last == 0:
            raise ValueError("the path is too long")
        if number % 2 == 1 or number == last:
            result = node_hash(part, result)
            while number % 2 == 0 and number != 0:
                number //= 2
                last //= 2
        else:
            result = node_hash(result, part)
        number //= 2
        last //= 2
    if last != 0:
        raise ValueError("the path is too short")
    return result


def hashes(values):
    result = [bytes.fromhex(value) for value in values]
    if any(len(value) != 32 for value in result):
        raise ValueError("a hash is not of 32 bytes")
    return result


def check(proof, number, root):
    """What a proof shows: (whose, table, {column: text}). ValueError when it does not hold."""
    if proof.get("version") != "rui proof 1":
        raise ValueError("not a proof of version 1")
    table, rows, table_root, columns = json.loads(proof["table"])
    if root_of(proof["row"], proof["index"], rows, hashes(proof["path"])).hex() != table_root:
        raise ValueError("the row is not in what was sealed of table %s" % table)
    version, project, seal_number, _, _, _, tables, tables_root, _ = json.loads(proof["seal"])
    if version != "rui seal 1":
        raise ValueError("not a seal of version 1")
    if root_of(proof["table"], proof["table_index"], tables, hashes(proof["table_path"])).hex() != tables_root:
        raise ValueError("the table is not in seal %d" % seal_number)
    if proof["head"]["number"] != number:
        raise ValueError("the proof is for head %d" % proof["head"]["number"])
    if root_of(proof["seal"], seal_number - 1, number, hashes(proof["seal_path"])).hex() != root:
        raise ValueError("seal %d is not under the head that was published" % seal_number)
    values = json.loads(proof["row"])
    if len(values) != len(columns):
        raise ValueError("the row has not the columns of its table")
    return owner(project), table, dict(opened(column, value, proof.get("openings", {})) for column, value in zip(columns, values))


def owner(project):
    """Whose journal a seal is of, by its number."""
    if project == 0:
        return "the installation"
    return "project %d" % project if project > 0 else "company %d" % -project


def opened(column, value, openings):
    """A column and its text; one whose name ends in # is in the row as a digest."""
    if not column.endswith("#"):
        return column, value
    name = column[:-1]
    if value is None or name not in openings:
        return name, value if value is None else "(erased, was sealed with digest %s)" % value
    salt, text = openings[name]
    if hashlib.sha256(("%s %s %s" % (salt, name, text)).encode("utf-8")).hexdigest() != value:
        raise ValueError("column %s is not what was sealed" % name)
    return name, text


def main(arguments):
    if len(arguments) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            whose, table, row = check(json.load(file), int(arguments[1]), arguments[2].lower())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print("does not hold: %s" % error)
        return 1
    print("holds: this row of table %s of %s was sealed" % (table, whose))
    for column, value in row.items():
        print("  %s: %s" % (column, value))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
