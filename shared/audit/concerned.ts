/** Parts of a report that name people for having read, reviewed or judged; that concerns nobody in what is reviewed. */
const harmless: ReadonlySet<string> = new Set(['reads', 'reviews', 'dispositions', 'disposition'])
/** Events of those kinds, wherever they are listed. */
const harmlessKinds: ReadonlySet<unknown> = new Set(['read', 'review', 'disposition'])

/**
 * Whether a report names this person as one who acted in what it speaks of: who called, asked, voted, approved, erased,
 * changed policy or is named in a finding. Whoever did something is not who judges it. Every mention of the object id
 * counts, in whatever member, but for those that say who read the book or judged its reports.
 */
export function isConcerned(report: unknown, oid: string): boolean {
  if (typeof report === 'string') return report.toLowerCase().includes(oid)
  if (typeof report !== 'object' || report === null) return false
  if (Array.isArray(report)) return report.some((item) => isConcerned(item, oid))
  if ('kind' in report && harmlessKinds.has(report.kind)) return false
  return Object.entries(report).some(([name, member]) => {
    return !harmless.has(name) && (name.toLowerCase().includes(oid) || isConcerned(member, oid))
  })
}

/** Places that a report's findings name. */
export interface FindingPlace {
  readonly id: string
  readonly lane: string
  readonly seq: number
}

/** Every object of the report with an id of a finding and a place, wherever it stands. */
export function findingsIn(report: unknown): readonly FindingPlace[] {
  if (typeof report !== 'object' || report === null) return []
  const inner = Object.values(report).flatMap(findingsIn)
  const { id, lane, seq } = report as { id?: unknown; lane?: unknown; seq?: unknown }
  const isFinding = typeof id === 'string' && id.startsWith('fnd_')
  if (!isFinding) return inner
  return [{ id, lane: typeof lane === 'string' ? lane : '', seq: typeof seq === 'number' ? seq : -1 }, ...inner]
}
