import type { Backend, Operation } from '../../../shared/backend/define.ts'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { ExchangedToken } from '../../../shared/identity/principal.ts'
import type { UpstreamAnswer } from '../../../shared/pipeline/ports.ts'
import { createRestExecutor } from '../../../shared/upstream/rest.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { makeCall } from '../../unit/upstream/calls.ts'
import { type SampleInputs, sampleValues } from './inputs.ts'

/** Where and as whom one operation is called. */
export interface RestCaller {
  readonly backend: Backend
  readonly operation: Operation
  readonly inputs: SampleInputs
  readonly baseUrl: string
  readonly fetch: typeof fetch
  /** Unless given, that of the person who calls. */
  readonly token?: ExchangedToken
  /** Unless given, a sample for each that the backend wants. */
  readonly values?: Readonly<Record<string, string>>
}

/** Calls an operation with the executor that the gateway uses, as the person of `calls.ts`. Rejects as the executor does. */
export async function callRest(caller: RestCaller): Promise<UpstreamAnswer> {
  const { backend, inputs, baseUrl, token } = caller
  const options = {
    fetch: caller.fetch,
    settingsFor: () => ({ baseUrl, values: caller.values ?? sampleValues(backend) }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    parseXml,
    handleKey: async () => new Uint8Array(32).fill(7),
    deadlineMs: 10_000,
  }
  const executor = createRestExecutor(options)
  const { proves, ...bare } = caller.operation
  const operation = proves?.path === undefined ? caller.operation : bare
  const whole = { ...backend, operations: { operation } }
  const { identityProbe: _probe, ...unproven } = whole
  // Questions about identity have tests of their own, and are in no publisher's document of the operation.
  const call = makeCall({ operation, backend: unproven, inputs, ...(token === undefined ? {} : { token }) })
  try {
    return await executor.call(call)
  } finally {
    await executor.close()
  }
}
