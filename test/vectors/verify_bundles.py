"""Runs infra/evidence/verify_bundle.py over many bundles in one process: a list of argument lists as JSON on standard input,
a list of [exit code, line] on standard output. Python starts slower than a bundle is verified."""
import io, json, os, runpy, sys

script = os.path.join(os.path.dirname(__file__), "..", "..", "infra", "evidence", "verify_bundle.py")
sys.path.insert(0, os.path.dirname(script))
results, real = [], sys.stdout
for arguments in json.load(sys.stdin):
    sys.argv, sys.stdout = [script, *arguments], io.TextIOWrapper(io.BytesIO())
    try:
        runpy.run_path(script, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
    results.append([code, sys.stdout.buffer.getvalue().decode().rstrip("\n")])
json.dump(results, real)
