"""Checks the proof of one decision for verify_bundle.py: each of its rows stands under the root of a segment, that root in
an anchor record, and the record in the signed log (c2sp.org/tlog-proof). Written from docs/audit-format.md."""
import json
from book_rows import read_record
from signed_log import FAULTS, climb, need, parse, sha, unbase


def prove(decision, newest, rows, load):
    """`newest` is the (size, root) of the checkpoint; findings go to rows.add, sound rows to rows.take."""
    try:
        parts = json.loads((load("decision.json") or b"").decode())["rows"]
        parts = [(part["row"].encode(), [unbase(text) for text in part["path"]], part["anchor"]) for part in parts]
        need(0 < len(parts) <= 2 and all(type(index) is int and 0 <= index < newest[0] for _, _, index in parts))
    except FAULTS:
        return rows.add("malformed", "bundle", 0, "decision.json")
    records = {}
    for index in {index for _, _, index in parts}:
        try:
            records[index] = open_record(index, newest, rows.origin, load)
        except FAULTS:
            rows.add("anchor_log_altered", "anchors", index, f"anchor-{index}.tlog-proof")
    for number, (line, path, index) in enumerate(parts):
        rows.counts["rows"] += 1
        if index not in records:
            continue
        try:
            row = parse(line) or {}
            place = [rows.origin, row["lane"], row["segment"], row["seq"]]
            need(row["kind"] in ("intent", "outcome") and row["decisionId"] == decision)
            part = next(it for it in records[index]["parts"] if [it["lane"], it["segment"]] == place[1:3])
            root = climb(sha(b"\0", line), row["seq"] - part["first"], part["size"], path)
            need(root.hex() == part["root"])
        except (*FAULTS, StopIteration):
            rows.add("edited", "bundle", number, "decision.json")
            continue
        rows.counts["segments"] += 1
        rows.take(line, place, "decision.json")


def open_record(index, newest, origin, load):
    head, _, note = (load(f"anchor-{index}.tlog-proof") or b"").partition(b"\n\n")
    magic, extra, place, *path = head.decode().split("\n")
    need([magic, extra[:6], place] == ["c2sp.org/tlog-proof@v1", "extra ", f"index {index}"])
    need(note == load("checkpoint.txt"))
    record = unbase(extra[6:])
    need(climb(sha(b"\0", record), index, newest[0], [unbase(text) for text in path]) == newest[1])
    return read_record(record, origin, index)
