import { z } from 'zod'

const endSchema = z.object({ test: z.string(), passed: z.boolean(), ms: z.number() })

/** What came of one test file. */
export type TestEnd = z.output<typeof endSchema>

/** What a process of mutation is told, in one argument of JSON. */
export const taskSchema = z.object({
  folder: z.string(),
  size: z.number(),
  seed: z.string(),
  /** The first of the drawn mutants to try. */
  from: z.number(),
  /** How the tests end without a mutant, where that is known already. */
  baseline: z.array(endSchema).optional(),
})

/** See its schema. */
export type Task = z.output<typeof taskSchema>

/** What it prints, one line of JSON each. */
export const lineSchema = z.union([
  z.object({ baseline: z.array(endSchema) }),
  z.object({ begun: z.number() }),
  z.object({ ended: z.number(), by: z.string().nullable() }),
  z.object({ control: z.string().nullable() }),
])

/** See its schema; `by` is what found the mutant out, a test file or `types`; `control` what fails without any mutant. */
export type Line = z.output<typeof lineSchema>
