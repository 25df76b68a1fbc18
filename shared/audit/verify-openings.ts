import { decodeText, parseCanonical } from './canonical.ts'
import { personalCommitment } from './chain.ts'
import type { PersonalCommitments, RowDocument, StoredEntity } from './record.ts'
import type { Finding } from './verify-findings.ts'
import { joinContent } from './verify-row.ts'
import { isRowDocument } from './verify-schema.ts'

/** The stored opening of a row's commitments; null where it was erased. Rejects where that cannot be found out. */
export type OpeningReader = (partition: string, id: string) => Promise<StoredEntity | null>

interface Openings {
  readonly source: { pages(): AsyncIterable<readonly StoredEntity[]> }
  readonly openings?: OpeningReader
}

interface Findings {
  add(finding: Finding): void
  covers(lane: string, seq: number): boolean
}

interface Committed {
  readonly row: RowDocument
  readonly personal: PersonalCommitments
}

const atOnce = 32

/**
 * Compares every stored opening with the commitments of its row; returns how many there were. Erasure is legal, so a
 * missing opening or value is no finding; one that says something else is. Rows that are in doubt are passed over.
 */
export async function checkOpenings({ source, openings }: Openings, findings: Findings): Promise<number> {
  let compared = 0
  if (openings === undefined) return compared
  for await (const page of source.pages()) {
    const rows = page.flatMap(readCommitted).filter(({ row }) => !findings.covers(row.lane, row.seq))
    for (let at = 0; at < rows.length; at += atOnce) {
      const some = rows.slice(at, at + atOnce)
      const stored = await Promise.all(
        some.map(({ personal }) => openings(personal.partition ?? '', personal.id ?? '')),
      )
      compared += stored.filter((opening) => opening !== null).length
      for (const [index, committed] of some.entries()) report(findings, committed, stored[index] ?? null)
    }
  }
  return compared
}

function readCommitted({ properties }: StoredEntity): Committed[] {
  if (properties.kind !== 'intent') return []
  const value = parseCanonical(joinContent(properties))
  if (value === null || !isRowDocument(value)) return []
  const row = value as unknown as RowDocument
  const personal = row.intent?.personal
  return personal?.id === undefined ? [] : [{ row, personal }]
}

function report(findings: Findings, { row, personal }: Committed, opening: StoredEntity | null): void {
  const wrong = opening === null ? [] : findMismatches(row, { personal, properties: opening.properties })
  if (wrong.length === 0) return
  const detail = `the opening says something else in ${wrong.join(', ')}`
  findings.add({ kind: 'opening_mismatch', lane: row.lane, seq: row.seq, detail })
}

interface Stored {
  readonly personal: PersonalCommitments
  readonly properties: StoredEntity['properties']
}

/** Names of the values that do not open their commitments, and of properties that no commitment covers. */
function findMismatches(row: RowDocument, { personal, properties }: Stored): string[] {
  const { partition: _partition, id: _id, ...commitments } = personal
  const fields = Object.entries(commitments)
  const altered = fields.filter(([field, commitment]) => !opens(properties, field, commitment)).map(([field]) => field)
  const strange = Object.keys(properties).filter((name) => {
    return name !== 'decisionId' && !fields.some(([field]) => name === `${field}_salt` || isChunk(name, field))
  })
  return [...(properties.decisionId === row.decisionId ? [] : ['decisionId']), ...altered, ...strange]
}

function opens(properties: Stored['properties'], field: string, commitment: string): boolean {
  const salt = properties[`${field}_salt`]
  const names = Object.keys(properties).filter((name) => isChunk(name, field))
  if (salt === undefined && names.length === 0) return true
  const chunks = names.map((_name, index) => properties[`${field}_${index}`])
  if (!(salt instanceof Uint8Array) || !chunks.every((chunk) => chunk instanceof Uint8Array)) return false
  const value = decodeText(Buffer.concat(chunks))
  return value !== null && personalCommitment(salt, value).toString('hex') === commitment
}

function isChunk(name: string, field: string): boolean {
  return name.startsWith(`${field}_`) && /^\d+$/.test(name.slice(field.length + 1))
}
