import type { MaskedField } from '../audit/record.ts'
import type { Ruling } from './rulebook.ts'

/** Collects what masking did; a path is named once for each label. */
export interface Report {
  /** Notes that the values at `path` were masked. */
  readonly masked: (path: string, ruling: Ruling) => void
  /** Notes that data of this label is in the answer, in clear or in part. */
  readonly returned: (label: string) => void
  /** Notes that places of the text were made harmless. */
  readonly neutralised: (count: number) => void
  readonly finish: () => {
    readonly masked: MaskedField[]
    readonly labels: string[]
    readonly neutralised: number
  }
}

const mostPaths = 200

/** Starts a report. Beyond 200 paths only the label and strategy are named, at the path `/*`. */
export function makeReport(): Report {
  const masked = new Map<string, MaskedField>()
  const labels = new Set<string>()
  let neutralised = 0
  return {
    masked: (path, { label, treatment }) => {
      const where = masked.size < mostPaths ? path : '/*'
      masked.set(`${where} ${label} ${treatment}`, { path: where, label, strategy: treatment })
    },
    returned: (label) => {
      if (label !== 'none') labels.add(label)
    },
    neutralised: (count) => {
      neutralised += count
    },
    finish: () => ({ masked: [...masked.values()], labels: [...labels].sort(), neutralised }),
  }
}

/** A member's or column's name as it may stand in a report: names that may hold values (a map's keys) become `*`. */
export function nameForReport(name: string): string {
  return /^[@$]?[A-Za-z_][A-Za-z0-9_.$-]{0,62}$/.test(name) && !/\d{4}/.test(name) ? name : '*'
}
