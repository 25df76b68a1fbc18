#!/usr/bin/env python3
"""Checks an evidence bundle offline, by Python's standard library and openssl alone, without any secret.

Written from docs/audit-format.md ("A bundle"). Exit code: 0 PASS, 1 FAIL, 2 PASS WITH EXCEPTIONS, 3 INCOMPLETE (without
--key or --fingerprint the bundle is judged by the key that came with it), 64 it was called wrongly.
"""
import argparse, functools, hashlib, json, os, shutil, sys

sys.dont_write_bytecode = True  # a bundle stays as it was
from book_rows import DIGEST, GRACE, MOMENT, WORD, Rows, epoch, read_record
from decision_proof import prove
from signed_log import FAULTS, Key, compare_roots, fits, need, open_checkpoint, read_regular, split

EXCEPTIONS = ("dangling_intent", "anchors_stale", "failover_loss_declared")
cli, file = argparse.ArgumentParser(description=__doc__), argparse.FileType("rb")
cli.error = lambda message: (print(message, file=sys.stderr), sys.exit(64))
cli.add_argument("dir")
cli.add_argument("--key", type=file, help="the log's public key (PEM), got from elsewhere")
cli.add_argument("--fingerprint", help="or SHA-256 of that key in DER, hex")
cli.add_argument("--since", type=file, action="append", default=[], help="a checkpoint that you kept earlier")
cli.add_argument("--decision", help="the decision that the bundle must prove")
cli.add_argument("--json", action="store_true", help="one line of JSON")
args = cli.parse_args()
shutil.which("openssl") or cli.error("openssl is needed")
os.path.isdir(args.dir) or cli.error(f"{args.dir} is no folder")
load, findings, notes, expected = functools.partial(read_regular, args.dir), [], [], set()


def add(kind, lane, seq, detail, to_seq=None):
    end = {} if to_seq is None else {"toSeq": to_seq}
    findings.append({"kind": kind, "lane": lane, "seq": seq, **end, "detail": detail})


def is_calm():
    return all(finding["kind"] in EXCEPTIONS for finding in findings)


def read_manifest():
    try:
        it = json.loads((load("manifest.json") or b"").decode())
        need(it["v"] == 1 and fits(WORD, it["origin"]) and fits(WORD, it.get("decision", "-")))
        need(fits(MOMENT, it["from"]) and fits(MOMENT, it["to"]) and epoch(it["from"]) <= epoch(it["to"]))
        need(all(fits(r"[A-Za-z0-9][\w.-]{0,99}", name) and fits(DIGEST, it["files"][name]) for name in it["files"]))
        need(args.decision in (None, it.get("decision")))
        return it
    except FAULTS:
        return add("malformed", "bundle", 0, "manifest.json")


def choose_key():  # the pinned one; another one in the bundle is a fault
    own, key = load("log-public.pem"), Key(args.key.read(1 << 20) if args.key else load("log-public.pem") or b"")
    if not args.key and not args.fingerprint:
        notes.append("key_not_pinned")
    is_good = key.fingerprint and key.fingerprint == (args.fingerprint or key.fingerprint).lower()
    is_same = own is None or not args.key or Key(own).fingerprint == key.fingerprint
    return key if is_good and is_same else add("checkpoint_invalid", "anchors", 0, "log-public.pem")


def open_checkpoints():  # the newest, and those that the log must continue
    notes = [load("checkpoint.txt") or b""] + [file.read(1 << 20) for file in args.since]
    notes += [load(name) or b"" for name in sorted(scope["files"]) if fits(r"time-\d+\.txt", name)]
    opened = [open_checkpoint(note, scope["origin"], key) for note in notes]
    return add("checkpoint_invalid", "anchors", 0, "checkpoint.txt") if None in opened else opened


def open_log(newest, *kept):  # the records, if they are what was signed and continue what was kept
    lines, records = split(load("anchors.ndjson")), []
    if fault := compare_roots(lines, newest, kept):
        return add(fault[0], "anchors", fault[1], "anchors.ndjson")
    for index, line in enumerate(lines[: newest[0]]):
        try:
            records.append(read_record(line, scope["origin"], index))
            need(index == 0 or records[index]["time"] >= records[index - 1]["time"])
        except FAULTS:
            return add("anchor_malformed", "anchors", index, "anchors.ndjson")
    return records


def walk_book(records):
    segments, removed, losses = {}, [], [record for record in records if record["kind"] == "failover"]
    for record in records:
        if record["kind"] == "report":
            rows.reports[record["date"]] = record["digest"]
        if record["kind"] == "retention":
            removed.append((record["lane"], record["segment"]))
        for part in record["parts"]:
            known = segments.setdefault((part["lane"], part["segment"]), {"roots": {}})
            known["roots"].setdefault(part["size"], set()).add(part["root"])
            known.update(part)
    for (lane, segment), part in segments.items():
        name = "rows-%s-%06d.ndjson" % (lane, segment)
        if part["to"] < scope["from"] or part["from"] > scope["to"]:
            continue
        expected.add(name)
        rows.counts["segments"] += 1
        if load(name) is not None:
            rows.take_segment(part, split(load(name)), name, losses)
        elif (lane, segment) in removed:
            rows.counts["removed"] += 1
        else:
            add("segment_missing", lane, part["first"], name, part["first"] + max(part["roots"]) - 1)


def check_files():  # where nothing else is wrong: reports by their anchored digests, the rest by the manifest
    for name in sorted(os.listdir(args.dir)):
        if fits(r"rows-.*\.ndjson", name) and name not in expected:
            add("inserted", "bundle", 0, name)
    for place, name in enumerate(sorted(scope["files"])):
        data, date = load(name), name[7:17] if fits(r"report-\d{4}-\d\d-\d\d\.json", name) else None
        digest = None if data is None else hashlib.sha256(data).hexdigest()
        if digest and date in rows.reports and digest != rows.reports[date]:
            add("report_altered", "bundle", place, name)
        elif digest != scope["files"][name]:
            add("edited" if digest else "deleted", "bundle", place, name)
        elif date and date not in rows.reports and not key.verifies(data, load(name + ".sig") or b""):
            add("report_altered", "bundle", place, name)  # told by no row in here, and not signed


scope, anchored, until = read_manifest(), None, None
key, rows = scope and choose_key(), Rows(scope and scope["origin"], add)
if scope and "checkpoint.txt" not in scope["files"] and load("checkpoint.txt") is None:
    notes.append("no_anchors")
elif key and (checkpoints := open_checkpoints()):
    size, root = checkpoints[0]
    if "decision" in scope:
        notes += ["since_not_checked"] if len(checkpoints) > 1 else []
        prove(scope["decision"], checkpoints[0], rows, load)
        anchored = {"size": size, "root": root.hex(), "time": None}
    elif (records := open_log(*checkpoints)) is not None:
        until = records[-1]["time"] if records else None
        anchored = {"size": size, "root": root.hex(), "time": until}
        if until and epoch(scope["to"]) - epoch(until) > GRACE:
            add("anchors_stale", "anchors", size, "anchors.ndjson")
        walk_book(records)
    if anchored:
        rows.finish(min(scope["to"], until or scope["to"]), is_calm())
        if is_calm():
            check_files()
if rows.counts["verified"] == 0:
    notes.append("no_rows_verified")
findings.sort(key=lambda it: (it["lane"], it["seq"], it["kind"], it.get("toSeq", -1), it["detail"]))
verdict = "FAIL" if not is_calm() else "INCOMPLETE" if notes else "PASS WITH EXCEPTIONS" if findings else "PASS"
told = scope and {name: scope[name] for name in ("origin", "from", "to", "decision") if name in scope}
report = {"verdict": verdict, "counts": {**rows.counts, "findings": len(findings)}, "anchoredUpTo": anchored,
          "findings": findings[:1000], "notes": notes, "scope": told, "key": key and key.fingerprint}
form = {"separators": (",", ":")} if args.json else {"indent": 1}
sys.stdout.buffer.write(json.dumps(report, ensure_ascii=False, **form).encode() + b"\n")
sys.exit(["PASS", "FAIL", "PASS WITH EXCEPTIONS", "INCOMPLETE"].index(verdict))
