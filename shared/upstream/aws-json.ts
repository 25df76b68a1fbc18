import type { Effect } from '../backend/effect.ts'
import type { Json } from '../pipeline/ports.ts'
import type { Visit } from './warehouse-driver.ts'
import type { WireAnswer } from './warehouse-wire.ts'

/** One action of AWS's JSON 1.1 protocol: `AmazonAthena.StartQueryExecution`. */
export interface AwsAction {
  readonly target: string
  readonly body: Json
  readonly effect: Effect
}

/** Performs an action at the visit's warehouse. */
export function askAws(visit: Visit, { target, body, effect }: AwsAction): Promise<WireAnswer> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }
  return visit.wire({ method: 'POST', path: '/', headers, body, effect }, visit.signal)
}
