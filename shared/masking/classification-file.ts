import * as z from 'zod'
import { type Classification, reviewedMark } from './classification.ts'
import { builtInLabels, isWithin, type LabelTree, mayBeClear } from './labels.ts'
import { parsePattern } from './name-pattern.ts'
import { parsePointer } from './pointer.ts'

/** What the reviewed file says: the tree of labels, and by backend (`*` for all) which data bears them. */
export interface ClassificationFile {
  readonly labels: LabelTree
  /** Pointers, exact names and patterns, as in a classification. */
  readonly backends: Readonly<Record<string, Classification>>
}

const label = () => z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/)
const rule = () =>
  z.strictObject({
    strategy: z.enum(['clear', 'partial', 'bucket', 'token', 'aggregate', 'null', 'drop']),
    keep: z.int().min(1).max(4).optional(),
    width: z.number().positive().max(1e12).optional(),
    dates: z.enum(['year', 'month']).optional(),
    k: z.int().min(2).max(1e6).optional(),
    purpose: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,63}$/)
      .optional(),
  })
const column = () => z.string().refine(isColumnKey)
const path = () => z.string().refine(isPath)
const schema = () =>
  z.strictObject({
    form: z.literal('countersign-classification/1'),
    labels: z.record(label(), rule()).default({}),
    backends: z
      .record(
        z.string(),
        z.strictObject({
          columns: z.record(column(), label()).default({}),
          paths: z.record(path(), label()).default({}),
        }),
      )
      .default({}),
  })

/**
 * Reads a classification file. Throws where it is malformed, where it would show by default what may only be shown by a
 * permit, or what nobody may see at all.
 */
export function parseClassification(text: string): ClassificationFile {
  const { labels, backends } = schema().parse(JSON.parse(text))
  const loose = Object.entries(labels).find(([name, { strategy }]) => isTooLoose(name, strategy))
  if (loose !== undefined) throw new Error(`classification: the label ${loose[0]} may not be ${loose[1].strategy}`)
  return {
    labels: { ...builtInLabels, ...labels },
    backends: Object.fromEntries(
      Object.entries(backends).map(([name, { columns, paths }]) => [name, { ...columns, ...paths }]),
    ),
  }
}

/**
 * What holds for one backend: the deployment's own entries and those of the file, marked, so that a deployment adds and
 * raises but never lowers. Throws where a deployment's key bears the mark.
 */
export function mergeClassification(file: ClassificationFile, name: string, own: Classification): Classification {
  if (Object.keys(own).some((key) => key.startsWith(reviewedMark)))
    throw new Error(`COUNTERSIGN_BACKENDS (at ${name}.classification) has a name that starts with ${reviewedMark}`)
  const reviewed = [...Object.entries(file.backends['*'] ?? {}), ...Object.entries(file.backends[name] ?? {})]
  return { ...own, ...Object.fromEntries(reviewed.map(([key, value]) => [`${reviewedMark}${key}`, value])) }
}

function isTooLoose(name: string, strategy: string): boolean {
  if (!mayBeClear(name)) return strategy !== 'drop'
  return strategy === 'clear' && isWithin(name, 'pii')
}

function isColumnKey(key: string): boolean {
  if (/^[!/]/.test(key) || !/\.[^.]+$/.test(key)) return false
  return isSound(() => parsePattern(key, ''))
}

function isPath(key: string): boolean {
  return key.startsWith('/') && isSound(() => parsePointer(key))
}

function isSound(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}
