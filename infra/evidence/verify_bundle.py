#!/usr/bin/env python3
"""Checks an evidence bundle of Countersign offline, by Python's standard library and openssl, without any secret.

usage: verify_bundle.py DIR (--key FILE | --fingerprint HEX) [--since CHECKPOINT]...

Written from docs/audit-format.md. Prints one JSON object; exit code 0 PASS, 1 FAIL, 2 PASS WITH EXCEPTIONS,
3 INCOMPLETE (without --key or --fingerprint: the bundle is then judged by the key that came with it).
"""
import argparse, base64, datetime, hashlib, json, os, subprocess, sys, tempfile

args = argparse.ArgumentParser()
args.add_argument("dir")
args.add_argument("--key")
args.add_argument("--fingerprint")
args.add_argument("--since", action="append", default=[])
args = args.parse_args()
findings, notes = [], []


def load(name):
    path = os.path.join(args.dir, name)
    return open(path, "rb").read() if os.path.isfile(path) else None


def lines_of(data):
    return data[:-1].split(b"\n") if data and data.endswith(b"\n") else (data or b"").split(b"\n") if data else []


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def roots_of(leaves, sizes):
    """Roots of the trees over the first n leaves, for each n of sizes (RFC 6962)."""
    edge, found = [], {}
    for size in range(len(leaves) + 1):
        if size:
            digest, rest = leaves[size - 1], size - 1
            while rest & 1:
                digest, rest = hashlib.sha256(b"\1" + edge.pop() + digest).digest(), rest >> 1
            edge.append(digest)
        if size in sizes:
            root = edge[-1] if edge else hashlib.sha256(b"").digest()
            for left in reversed(edge[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            found[size] = root
    return found


def add(kind, lane, seq, to_seq=None):
    findings.append({"kind": kind, "lane": lane, "seq": seq, **({} if to_seq is None else {"toSeq": to_seq})})


def open_checkpoint(note, pem, key_id, origin):
    """(size, root) of a note that the log's key signed, or None."""
    try:
        text, signatures = note.decode().rsplit("\n\n", 1)
        name, size, root = text.split("\n")
        assert name == origin and str(int(size)) == size and len(base64.b64decode(root, validate=True)) == 32
        for line in signatures.splitlines():
            dash, signer, blob = line.split(" ")
            blob = base64.b64decode(blob, validate=True)
            if dash != "\u2014" or signer != origin or blob[:4] != key_id:
                continue
            with tempfile.TemporaryDirectory() as folder:
                paths = {part: os.path.join(folder, part) for part in ("text", "sig", "pem")}
                for part, data in (("text", text.encode() + b"\n"), ("sig", blob[4:]), ("pem", pem)):
                    open(paths[part], "wb").write(data)
                run = ["openssl", "dgst", "-sha256", "-verify", paths["pem"], "-signature", paths["sig"], paths["text"]]
                return (int(size), base64.b64decode(root)) if subprocess.run(run, capture_output=True).returncode == 0 else None
    except (ValueError, AssertionError, UnicodeDecodeError):
        return None


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def epoch(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


manifest = json.loads(load("manifest.json") or b"{}")
origin, start, end = (manifest.get(name, "") for name in ("origin", "from", "to"))
pem = open(args.key, "rb").read() if args.key else load("log-public.pem") or b""
der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True).stdout
fingerprint = hashlib.sha256(der).hexdigest()
if args.fingerprint and args.fingerprint.lower() != fingerprint:
    add("checkpoint_invalid", "anchors", 0)
if not args.key and not args.fingerprint:
    notes.append("key_not_pinned")
anchors = lines_of(load("anchors.ndjson"))
newest = open_checkpoint(load("checkpoint.txt") or b"", pem, bytes.fromhex(fingerprint)[:4], origin)
kept = [open_checkpoint(open(path, "rb").read(), pem, bytes.fromhex(fingerprint)[:4], origin) for path in args.since]
if newest is None or None in kept:
    add("checkpoint_invalid", "anchors", 0)
elif any(size > newest[0] for size, _ in kept):
    add("anchor_log_rewritten", "anchors", newest[0])
elif len(anchors) < newest[0]:
    add("anchor_log_truncated", "anchors", len(anchors))
else:
    known = roots_of([leaf(line) for line in anchors[: newest[0]]], {size for size, _ in kept} | {newest[0]})
    for size, root in kept:
        if known[size] != root:
            add("anchor_log_rewritten", "anchors", size)
    if known[newest[0]] != newest[1]:
        add("anchor_log_altered", "anchors", newest[0])

segments, counts = {}, {"rows": 0, "verified": 0, "notAnchored": 0, "segments": 0, "intents": 0, "outcomes": 0}
for record in [] if findings else (json.loads(line) for line in anchors[: newest[0]]):
    parts = record["heads"] if record["kind"] == "heads" else [record["seal"]] if record["kind"] == "seal" else []
    for part in parts:
        count = part.get("count") or part["nextSeq"] - part["first"]
        before = segments.get((part["lane"], part["segment"]), {"roots": {}})
        roots = {**before["roots"], count: bytes.fromhex(part["root"])}
        segments[part["lane"], part["segment"]] = {**part, "count": count, "roots": roots}

intents, outcomes, walked = {}, {}, set()
for (lane, number), segment in segments.items():
    if segment["to"] < start or segment["from"] > end:
        continue
    counts["segments"] += 1
    first, count = segment["first"], segment["count"]
    data = load("rows-%s-%06d.ndjson" % (lane, number))
    if data is None:
        add("segment_missing", lane, first, first + count - 1)
        continue
    rows = lines_of(data)
    counts["rows"] += len(rows)
    counts["notAnchored"] += max(0, len(rows) - count)
    if len(rows) > count and "count" in segment and "digest" in segment:
        add("inserted", lane, first + count, first + len(rows) - 1)
    found = roots_of([leaf(row) for row in rows[:count]], set(segment["roots"]))
    good = max([0] + [size for size, root in found.items() if root == segment["roots"][size]])
    if good < count:
        limit = min([count] + [size for size in segment["roots"] if size > good])
        short = len(rows) < limit
        add("deleted" if short else "edited", lane, first + good, first + (count if short else limit) - 1)
    for seq, row in enumerate(rows[:good], first):
        document = json.loads(row)
        if canonical(document) != row:
            add("not_canonical", lane, seq)
        if [document[name] for name in ("origin", "lane", "segment", "seq")] != [origin, lane, number, seq]:
            add("reordered", lane, seq)
        counts["verified"] += 1
        walked.add((lane, seq))
        kind, decision = document["kind"], document.get("decisionId")
        if kind in ("intent", "outcome"):
            counts[kind + "s"] += 1
            side = intents if kind == "intent" else outcomes
            if decision in side:
                add("duplicate_decision" if kind == "intent" else "duplicate_outcome", lane, seq)
            side.setdefault(decision, document)

used = set()
for decision, outcome in outcomes.items():
    place, intent = outcome["outcome"]["intent"], intents.get(decision)
    here = (outcome["lane"], outcome["seq"])
    if intent is None and (place["lane"], place["seq"]) not in walked:
        continue
    if intent is None or (place["lane"], place["seq"]) != (intent["lane"], intent["seq"]):
        add("outcome_without_intent", *here)
    elif intent["intent"]["verdict"] != "permit" and outcome["outcome"]["status"] != "not-called":
        add("called_without_permit", *here)
    approval = (intent or {}).get("intent", {}).get("approval", {}).get("id")
    if approval and outcome["outcome"]["status"] == "called":
        if approval in used:
            add("approval_reused", *here)
        used.add(approval)
failures = len(findings)
for decision, intent in intents.items():
    if decision not in outcomes and epoch(end) - epoch(intent["time"]) > 900:
        add("dangling_intent", intent["lane"], intent["seq"])
if counts["verified"] == 0:
    notes.append("no row was verified")
verdict = "FAIL" if failures else "INCOMPLETE" if notes else "PASS WITH EXCEPTIONS" if findings else "PASS"
up_to = {"size": newest[0], "root": newest[1].hex()} if newest else None
print(json.dumps({"verdict": verdict, "counts": counts, "anchoredUpTo": up_to, "findings": findings, "notes": notes}))
sys.exit(["PASS", "FAIL", "PASS WITH EXCEPTIONS", "INCOMPLETE"].index(verdict))
