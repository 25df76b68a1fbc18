"""Checks audit-rows.json by the standard library alone, from docs/audit-format.md; prints the number of rows."""
import base64, hashlib, hmac, json, struct, sys

vectors = json.load(sys.stdin if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8"))
keys = {kid: base64.b64decode(text) for kid, text in vectors["keys"].items()}


def raw(entity, name):
    return base64.b64decode(entity["properties"][name]["base64"])


def pae(*fields):
    fields = [f.encode() if isinstance(f, str) else f for f in fields]
    return struct.pack("<Q", len(fields)) + b"".join(struct.pack("<Q", len(f)) + f for f in fields)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def mac(kid, *fields):
    return hmac.new(keys[kid], pae(*fields), hashlib.sha256).digest()


openings = {(e["partitionKey"], e["rowKey"]): e for e in vectors["openings"]}
rows = sorted((e for e in vectors["entities"] if e["rowKey"] != "!head"), key=lambda e: e["rowKey"])
prev = None
for seq, entity in enumerate(rows):
    content = raw(entity, "c")
    row = json.loads(content)
    assert canonical(row) == content, "canonical"
    assert row["seq"] == seq and entity["rowKey"] == "r%016d" % seq, "place"
    assert entity["partitionKey"] == "%s|%06d" % (row["lane"], row["segment"]), "partition"
    if seq == 0:
        fields = ("audit-lane/v1", row["origin"], row["lane"], row["detail"]["nonce"])
        prev = hashlib.sha256(pae(*fields)).digest()
    assert raw(entity, "prev") == prev, "prev"
    leaf = hashlib.sha256(b"\0" + content).digest()
    prev = mac(row["kid"], "audit-row/v1", row["kid"], prev, leaf)
    assert raw(entity, "mac") == prev, "mac"
    personal = row.get("intent", {}).get("personal", {})
    if "inputs" in personal:
        opening = openings[(personal["partition"], personal["id"])]
        commitment = pae("pii/v1", raw(opening, "inputs_salt"), raw(opening, "inputs_0"))
        assert hashlib.sha256(commitment).hexdigest() == personal["inputs"], "commitment"

heads = sorted((e for e in vectors["entities"] if e["rowKey"] == "!head"), key=lambda e: e["partitionKey"])
for entity in heads:
    head = json.loads(raw(entity, "c"))
    assert canonical(head) == raw(entity, "c"), "canonical head"
    assert mac(head["kid"], "audit-head/v1", head["kid"], raw(entity, "c")) == raw(entity, "hmac"), "head mac"
assert head["mac"] == prev.hex() and head["nextSeq"] == len(rows), "last head"
print(len(rows))
