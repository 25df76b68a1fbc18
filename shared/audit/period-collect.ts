import {
  type ChangedTools,
  type EarlyOutcome,
  type InForce,
  type LateClosing,
  type OpenIntent,
  type PeriodEvent,
  type PeriodFacts,
  type TallyName,
  tallyNames,
  type UnknownCall,
} from './period-facts.ts'
import { createJoin, createTallies, placeOf, sortBy } from './period-lists.ts'
import { createChangedTools } from './period-tools.ts'

const maxKept = 5000

/** What is being collected. Nothing is forgotten silently: what finds no place is counted by the name of its list. */
export interface Collector {
  count(name: TallyName, key: readonly string[], times?: number): void
  see(span: InForce): void
  note(event: PeriodEvent): void
  unknown(call: UnknownCall): void
  late(closing: LateClosing): void
  changedTool(refused: ChangedTools): void
  /** Widens the stretch of time. */
  stretch(time: string): void
  intent(intent: OpenIntent): void
  outcome(outcome: EarlyOutcome): void
  /** Notes that items of a list were lost before they came here. */
  drop(name: string, times: number): void
  facts(): PeriodFacts
}

/** Collects, and calls `paired` once for each intent that met its outcome. */
export function createCollector(
  paired: (into: Collector, intent: OpenIntent, outcome: EarlyOutcome) => void,
): Collector {
  const dropped = new Map<string, number>()
  const drop = (name: string, times = 1) => {
    dropped.set(name, (dropped.get(name) ?? 0) + times)
  }
  const tallies = createTallies(drop)
  const pairs = createJoin(drop, (intent, outcome) => paired(self, intent, outcome))
  const spans = createSpans(drop)
  const tools = createChangedTools(drop)
  const events: PeriodEvent[] = []
  const unknown: UnknownCall[] = []
  const late: LateClosing[] = []
  const time: { from: string | null; to: string | null } = { from: null, to: null }
  const self: Collector = {
    count: tallies.count,
    see: spans.see,
    changedTool: tools.add,
    intent: pairs.intent,
    outcome: pairs.outcome,
    drop,
    note: (event) => (events.length < maxKept ? void events.push(event) : drop('events')),
    unknown: (call) => (unknown.length < maxKept ? void unknown.push(call) : drop('unknown')),
    late: (closing) => (late.length < maxKept ? void late.push(closing) : drop('late')),
    stretch(at) {
      if (time.from === null || at < time.from) time.from = at
      if (time.to === null || at > time.to) time.to = at
    },
    facts: () => ({
      ...{ version: 1, ...time, tallies: tallies.facts(), inForce: spans.facts(), ...pairs.facts() },
      events: sortBy(events, placeOf),
      unknown: sortBy(unknown, placeOf),
      late: sortBy(late, placeOf),
      changedTools: tools.facts(),
      dropped: Object.fromEntries(sortBy([...dropped], ([name]) => name)),
    }),
  }
  return self
}

/** Adds what another collector found out. */
export function mergeFacts(into: Collector, facts: PeriodFacts): void {
  if (facts.from !== null) into.stretch(facts.from)
  if (facts.to !== null) into.stretch(facts.to)
  mergeTallies(into, facts)
  facts.inForce.forEach(into.see)
  facts.events.forEach(into.note)
  facts.unknown.forEach(into.unknown)
  facts.late.forEach(into.late)
  facts.changedTools?.forEach(into.changedTool)
  facts.open.forEach(into.intent)
  facts.early.forEach(into.outcome)
  for (const [name, times] of Object.entries(facts.dropped)) into.drop(name, times)
}

function mergeTallies(into: Collector, { tallies }: PeriodFacts): void {
  // A tally that an older build did not know yet is none.
  for (const name of tallyNames) for (const [key, times] of tallies[name] ?? []) into.count(name, key, times)
}

type Growing = { -readonly [Name in keyof InForce]: InForce[Name] }

function createSpans(drop: (name: string) => void) {
  const spans = new Map<string, Growing>()
  return {
    see(span: InForce): void {
      const id = `${span.what}\n${span.of}\n${span.digest}`
      const seen = spans.get(id)
      // Six of these come with every intent: what is known grows in its place.
      if (seen) extend(seen, span)
      else if (spans.size < maxKept) spans.set(id, { ...span })
      else drop('inForce')
    },
    facts: () => {
      const copies = [...spans.values()].map((span) => ({ ...span }))
      return sortBy(copies, ({ what, of, first, digest }) => `${what} ${of} ${first} ${digest}`)
    },
  }
}

function extend(seen: Growing, { first, last, rows }: InForce): void {
  if (first < seen.first) seen.first = first
  if (last > seen.last) seen.last = last
  seen.rows += rows
}
