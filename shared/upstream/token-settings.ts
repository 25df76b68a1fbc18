import type { Backend } from '../backend/define.ts'
import { misconfigured, type TokenWire } from './token-answer.ts'

/** What a deployment says of a backend's token service. */
export interface TokenSettings {
  readonly values: Readonly<Record<string, string>>
  /** Base URL of one of the backend's endpoints; undefined where the deployment has none. */
  readonly endpoint: (name: string) => string | undefined
}

/** What token services need from outside. */
export interface TokenParts extends TokenWire {
  readonly settingsFor: (backend: Backend) => TokenSettings
  /** A secret of the deployment's vault, by name. Rejects where there is none. */
  readonly secret: (name: string) => Promise<string>
}

/** A value that has to be set; Problem `identity_configuration` names it for the log, not for the caller. */
export function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw misconfigured(`token_service_without_${name}`)
  return value
}
