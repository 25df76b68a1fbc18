import type * as z from 'zod'
import { settingsSchema } from '../../../shared/config/settings.ts'

const judged = settingsSchema.pick({
  COUNTERSIGN_MODE: true,
  COUNTERSIGN_CLOUD: true,
  COUNTERSIGN_PUBLIC_URL: true,
  COUNTERSIGN_CLIENT_ID: true,
  COUNTERSIGN_BACKENDS: true,
})

/** What the doctor has to know of a deployment. */
export type Deployment = Readonly<z.output<typeof judged>>

const names = Object.keys(judged.shape)

/** The settings that matter here, from an environment; null where it has none. Throws, naming the setting, never a value. */
export function readDeployment(environment: Readonly<Record<string, string | undefined>>): Deployment | null {
  const given = names.filter((name) => (environment[name] ?? '') !== '')
  if (given.length === 0) return null
  const parsed = judged.safeParse(Object.fromEntries(given.map((name) => [name, environment[name]])))
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map(({ path }) => path.join('.'))
  throw new Error(`Settings are wrong: ${[...new Set(places)].join('; ')}`)
}

/** The part of a gateway's environment that says what `readDeployment` reads. */
export function deploymentSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  )
}
