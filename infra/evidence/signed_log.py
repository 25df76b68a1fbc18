"""What verify_bundle.py needs of files and public formats: canonical JSON (RFC 8785, integers only), Merkle trees (RFC
6962), signed checkpoints (c2sp.org/tlog-checkpoint), by the standard library and openssl. From docs/audit-format.md."""
import base64, functools, hashlib, json, os, re, stat, subprocess, tempfile

FAULTS = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # how the DER of such a key begins


def need(condition):
    if not condition:
        raise ValueError


def fits(form, text):
    return re.fullmatch(form, text, re.ASCII | re.DOTALL) is not None


def read_regular(folder, name):
    """A file's bytes, or None: regular files of at most 1 GiB count, and no links."""
    path = os.path.join(folder, name)
    try:
        about = os.lstat(path)
        return open(path, "rb").read() if stat.S_ISREG(about.st_mode) and about.st_size <= 1 << 30 else None
    except OSError:
        return None


def split(data):
    """The lines of a file that may be missing."""
    return (data[:-1] if data.endswith(b"\n") else data).split(b"\n") if data else []


def whole(text):
    need(abs(int(text)) < 1 << 53)
    return int(text)


def in_order(pairs):
    names = [name for name, _ in pairs]
    need(names == sorted(set(names), key=lambda name: name.encode("utf-16-be")))
    need(all(fits("[A-Za-z].*", name) for name in names))
    return dict(pairs)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def parse(line):
    """The document in these bytes, or None where they are not canonical: writing it again must give the same bytes."""
    try:
        value = json.loads(
            line.decode(), parse_int=whole, parse_float=whole, parse_constant=whole, object_pairs_hook=in_order
        )
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return value if again.encode() == line and depth(value) <= 32 else None
    except FAULTS:
        return None


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def roots_of(lines, sizes):
    """Roots of the trees over the first n lines, for each n of sizes."""
    edge, found = [], {}
    for size in range(len(lines) + 1):
        if size in sizes:
            found[size] = functools.reduce(lambda right, left: sha(b"\1", left, right), edge[::-1] or [sha()])
        if size < len(lines):
            digest, rest = sha(b"\0", lines[size]), size
            while rest & 1:
                digest, rest = sha(b"\1", edge.pop(), digest), rest >> 1
            edge.append(digest)
    return found


def climb(digest, index, size, path):
    """The root of the tree of this size in which a leaf stands at this index, by its audit path (the leaf's first)."""
    need(0 <= index < size and (size > 1 or not path))
    if size == 1:
        return digest
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return sha(b"\1", climb(digest, index, half, path[:-1]), path[-1])
    return sha(b"\1", path[-1], climb(digest, index - half, size - half, path[:-1]))


def unbase(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text)
    return data


class Key:
    """A public key on P-256 in PEM; `fingerprint` is None where it is none."""

    def __init__(self, pem):
        run = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, capture_output=True)
        is_good = len(run.stdout) == 91 and run.stdout.startswith(P256)
        self.pem, self.fingerprint = pem, hashlib.sha256(run.stdout).hexdigest() if is_good else None

    def verifies(self, text, signature):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("key", self.pem), ("signature", signature)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            command = ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature"]
            return subprocess.run(command, cwd=folder, input=text, capture_output=True).returncode == 0


def open_checkpoint(note, origin, key):
    """(size, root) of a note that the key signed as this origin, else None. Lines of other signers are passed over."""
    try:
        text, _, tail = note.decode().rpartition("\n\n")
        (name, size, root), own = text.split("\n"), []
        need(name == origin and fits(r"0|[1-9]\d{0,15}", size) and len(unbase(root)) == 32)
        need(tail.endswith("\n") and tail.count("\n") <= 16 and len(note) <= 65536)
        for dash, signer, blob in (line.split(" ") for line in tail[:-1].split("\n")):
            need(dash == "\u2014" and fits(r"[^\s+]+", signer) and len(unbase(blob)) > 4)
            if signer == origin and unbase(blob)[:4].hex() == key.fingerprint[:8]:
                own.append(unbase(blob)[4:])
        need(own and all(key.verifies(text.encode() + b"\n", signature) for signature in own))
        return whole(size), unbase(root)
    except FAULTS:
        return None


def compare_roots(lines, newest, kept):
    """What is wrong with a log under its newest checkpoint and those that somebody kept, as (kind, index), or None."""
    if any(size > newest[0] for size, _ in kept):
        return "anchor_log_rewritten", newest[0]
    if len(lines) < newest[0]:
        return "anchor_log_truncated", len(lines)
    roots = roots_of(lines[: newest[0]], {newest[0], *dict(kept)})
    wrong = min((size for size, root in kept if roots[size] != root), default=None)
    if wrong is not None:
        return "anchor_log_rewritten", wrong
    return None if roots[newest[0]] == newest[1] else ("anchor_log_altered", newest[0])
