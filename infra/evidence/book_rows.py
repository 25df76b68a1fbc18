"""What verify_bundle.py needs to know of the book: what an anchor record and a row must state, and which intent and
outcome belong together. Written from docs/audit-format.md; needs the standard library alone."""
import datetime
from signed_log import FAULTS, fits, need, parse, roots_of

KINDS = ("heads", "seal", "key", "erasure", "retention", "failover", "report", "lane")
COUNTS = ("rows", "verified", "notAnchored", "segments", "removed", "intents", "outcomes")
MOMENT, DIGEST, WORD = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", r"[0-9a-f]{64}", r"[!-~]{1,200}"
TIME = MOMENT.replace(r"\.\d{3}", r"(\.\d{3})?")  # rows may leave out the milliseconds
PAIRED = {"intent": "duplicate_decision", "outcome": "duplicate_outcome", "release": "duplicate_release"}
BETWEEN = 10000  # rows between intent and outcome that are looked through for one in doubt
GRACE = 900  # seconds after which an intent should have its outcome


def epoch(time):
    return datetime.datetime.fromisoformat(time[:19] + "+00:00").timestamp() + float("0" + time[19:-1])


def read_record(line, origin, index):
    """A record of the anchor log; `parts` says how many rows of which segment it anchors, under which root."""
    it = parse(line)
    need([it[name] for name in ("v", "origin", "index")] == [1, origin, index] and it["kind"] in KINDS)
    need(fits(MOMENT, it["time"]) and epoch(it["time"]) < 1e12)
    parts = it["heads"] if it["kind"] == "heads" else [it["seal"]] if it["kind"] == "seal" else []
    sizes = [part["count"] if "count" in part else part["nextSeq"] - part["first"] for part in parts]
    it["parts"] = [{**part, "size": size} for part, size in zip(parts, sizes)]
    return it


class Rows:
    """Takes rows in any order of lanes; `add(kind, lane, seq, file, to_seq)` gets the findings."""

    def __init__(self, origin, add):
        self.origin, self.add, self.walked, self.used, self.reports = origin, add, {}, set(), {}
        self.counts = dict.fromkeys(COUNTS, 0)
        self.intents, self.outcomes, self.releases = {}, {}, {}

    def take_segment(self, part, lines, file, losses):
        """Takes the lines of a segment; part["roots"] are the anchored roots (hex) by the number of rows under them."""
        lane, first, roots, size = part["lane"], part["first"], part["roots"], max(part["roots"])
        last, end = first + size - 1, first + len(lines)
        self.counts["rows"] += len(lines)
        self.counts["notAnchored"] += max(0, len(lines) - size)
        if len(lines) > size and "count" in part:
            self.add("inserted", lane, last + 1, file, end - 1)
        found = roots_of(lines[:size], roots)
        wrong = min((length for length in roots if roots[length] != {found.get(length, b"").hex()}), default=None)
        good = size if wrong is None else max((length for length in roots if length < wrong), default=0)
        if wrong is not None and len(lines) < wrong:
            is_lost = any(loss["lane"] == lane and loss["seq"] <= end and last <= loss["toSeq"] for loss in losses)
            kind, seq = ("failover_loss_declared", end) if is_lost else ("deleted", first + good)
            self.add(kind, lane, seq, file, last)
        elif wrong is not None:
            kind = "rewritten" if roots[size] == {found.get(size, b"").hex()} else "edited"
            self.add(kind, lane, first + good, file, first + wrong - 1)
        for seq, line in enumerate(lines[:good], first):
            self.take(line, [self.origin, lane, part["segment"], seq], file)

    def take(self, line, place, file):
        """Takes a row that the anchors vouch for; place is [origin, lane, segment, seq]."""
        row, at = parse(line), (place[1], place[3])
        try:
            kind, own, decision = row["kind"], row.get(row["kind"]), row.get("decisionId")
            need(fits(".*", kind) and fits(TIME, row["time"]) and epoch(row["time"]) < 1e12)
            if kind == "release":
                own = {"intent": row["detail"]}
                decision = row["detail"]["decisionId"]
            need(kind not in PAIRED or fits(".*", decision))
            if kind == "intent":
                need(own["verdict"] in ("permit", "deny", "pending"))
                need(fits(".*", own["approval"]["id"]) if "approval" in own else True)
            if kind == "outcome":
                need(own["status"] in ("not-called", "called", "unknown"))
                need(own.get("flow", "left") in ("left", "held") and fits(".*", own.get("evidence", "")))
            if kind in ("outcome", "release"):
                need(fits(".*", own["intent"]["lane"]) and type(own["intent"]["seq"]) is int)
            if kind == "report":
                need(fits(".*", row["detail"]["date"]) and fits(".*", row["detail"]["digest"]))
                self.reports[row["detail"]["date"]] = row["detail"]["digest"]
        except FAULTS:
            return self.add("not_canonical" if row is None else "malformed", *at, file)
        if [row.get(member) for member in ("origin", "lane", "segment", "seq")] != place:
            self.add("reordered", *at, file)
        self.counts["verified"] += 1
        self.walked[at] = file
        if kind in PAIRED:
            self.join(kind, decision, {**own, "at": at, "time": row["time"]})

    def join(self, kind, decision, row):
        if kind != "release":
            self.counts[kind + "s"] += 1
        mine = getattr(self, kind + "s")
        if decision in mine:
            return self.report(PAIRED[kind], row)
        mine[decision] = row
        if kind != "release" and decision in self.intents and decision in self.outcomes:
            self.compare(self.intents[decision], self.outcomes[decision])

    def compare(self, intent, outcome):
        if named(outcome) != intent["at"]:
            self.report("outcome_without_intent", outcome)
        elif intent["verdict"] != "permit" and outcome["status"] != "not-called":
            self.report("called_without_permit", outcome)
        if outcome["status"] != "not-called":
            self.use(intent, outcome)

    def use(self, intent, row):
        approval = intent.get("approval", {}).get("id")
        if approval in self.used:
            self.report("approval_reused", row)
        self.used.update({approval} - {None})

    def finish(self, until, is_calm):
        """What lacks its other half; where something else is wrong already, that may be why an outcome is missing."""
        for decision, outcome in self.outcomes.items():
            if decision not in self.intents and named(outcome) in self.walked:
                self.report("outcome_without_intent", outcome)
        for decision, release in self.releases.items():
            self.check_release(release, self.intents.get(decision), self.outcomes.get(decision))
        for decision in self.outcomes.keys() & self.intents.keys() - self.releases.keys():
            (lane, first), (other, last) = self.intents[decision]["at"], self.outcomes[decision]["at"]
            is_sound = all((lane, seq) in self.walked for seq in range(first + 1, min(last, first + BETWEEN)))
            if self.outcomes[decision].get("flow") == "left" and lane == other and is_sound:
                self.report("outcome_without_release", self.outcomes[decision])
        for decision, intent in self.intents.items():
            if is_calm and decision not in self.outcomes and epoch(until) - epoch(intent["time"]) > GRACE:
                self.report("dangling_intent", intent)
                if intent["verdict"] == "permit":
                    self.use(intent, intent)

    def check_release(self, release, intent, outcome):
        """It names the intent of its decision, which permits, behind it and before an outcome that allows it."""
        if intent:
            is_open = named(release) == intent["at"] and intent["verdict"] == "permit" and not behind(intent, release)
            is_held = outcome and ("flow" not in outcome and "evidence" not in outcome or behind(release, outcome))
        if named(release) in self.walked if not intent else is_held or not is_open:
            self.report("release_without_intent", release)

    def report(self, kind, row):
        self.add(kind, *row["at"], self.walked[row["at"]])


def named(outcome):
    return outcome["intent"]["lane"], outcome["intent"]["seq"]


def behind(one, other):
    return one["at"][0] == other["at"][0] and one["at"][1] > other["at"][1]
