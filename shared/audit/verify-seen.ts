/** Marks of decision ids in flat memory: 9 bytes a slot instead of a string each. */
export interface Seen {
  /** Adds `bits` to the id's marks and returns those that it had before. */
  mark(id: string, bits: number): number
}

/** Marks: a decision's intent, its outcome, its release. */
export const intentSeen = 1
export const outcomeSeen = 2
export const releaseSeen = 4

const firstSize = 1 << 12
const maxLoad = 0.7

/**
 * Open addressing over two 32-bit hashes. With ten million ids a chance collision has a probability of about 3e-6; it
 * would be reported as a duplicate that the reader can refute by looking at the two rows.
 */
export function createSeen(): Seen {
  let table = allocate(firstSize)
  let used = 0
  return {
    mark(id, bits) {
      if (used > table.size * maxLoad) table = grow(table)
      const low = hashText(id, 0x811c9dc5) || 1
      const slot = findSlot(table, low, hashText(id, 0x9747b28c))
      const before = table.marks[slot] ?? 0
      if (before === 0) used++
      table.marks[slot] = before | bits
      return before
    },
  }
}

interface Table {
  readonly size: number
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly marks: Uint8Array
}

function allocate(size: number): Table {
  return { size, low: new Uint32Array(size), high: new Uint32Array(size), marks: new Uint8Array(size) }
}

function findSlot(table: Table, low: number, high: number): number {
  let slot = low & (table.size - 1)
  while (table.marks[slot] !== 0 && (table.low[slot] !== low || table.high[slot] !== high)) {
    slot = (slot + 1) & (table.size - 1)
  }
  table.low[slot] = low
  table.high[slot] = high
  return slot
}

function grow(table: Table): Table {
  const larger = allocate(table.size * 2)
  for (let slot = 0; slot < table.size; slot++) {
    const marks = table.marks[slot] ?? 0
    if (marks === 0) continue
    larger.marks[findSlot(larger, table.low[slot] ?? 0, table.high[slot] ?? 0)] = marks
  }
  return larger
}

function hashText(text: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
