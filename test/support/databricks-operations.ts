import { describe, expect, it } from 'vitest'
import { warehouseIds } from '../../infra/local/databricks/warehouses.ts'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import type { Backend, Operation } from '../../shared/backend/define.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { Executor, Json } from '../../shared/pipeline/ports.ts'
import { createDatabricksExecutor } from '../../shared/upstream/databricks.ts'
import { createGenieExecutor } from '../../shared/upstream/genie.ts'
import { createRestExecutor } from '../../shared/upstream/rest.ts'
import { judged, makeCall, makeToken, principal, problemOf } from '../unit/upstream/calls.ts'
import { calls, type TableCall } from './databricks-table.ts'
import type { DatabricksWorld } from './databricks-world.ts'
import { loadFunctions, operationsOf } from './line-declarations.ts'

const backends = await loadFunctions()
const isOurs = ({ name }: Backend) => /^(databricks-(?!sql$|mcp$)|delta-sharing$)/.test(name)
const declared = new Map(operationsOf(backends.filter(isOurs)).map((each) => [each.title, each]))

/** True for a call that is about a statement which Genie wrote. */
const generated = (operation: Operation) =>
  operation.call.technology === 'genie' && operation.call.generated !== undefined

interface CallOptions {
  readonly inputs: object
  /** Unless given, the person's own. */
  readonly token?: string
}

/** Every declared operation through the executor that the gateway uses, against the stand-in. */
export function describeOperations(world: () => DatabricksWorld): void {
  const executorOf = (technology: string, deadlineMs = 20_000): Executor => {
    const baseUrl = world().workspace.url
    const common = { fetch: world().fetch, clock: Date.now, parseChallenge: readBackendChallenge, deadlineMs }
    const handleKey = async () => new Uint8Array(32)
    const settingsFor = () => ({ baseUrl, warehouses: warehouseIds.slice(0, 2), catalog: 'main', schema: 'sales' })
    if (technology === 'genie') return createGenieExecutor({ ...common, handleKey, settingsFor })
    if (technology === 'databricks') return createDatabricksExecutor({ ...common, handleKey, settingsFor })
    const restFor = (_backend: Backend, at: string | undefined) => ({
      baseUrl: at === undefined ? baseUrl : `${baseUrl}/delta-sharing`,
    })
    return createRestExecutor({
      ...common,
      handleKey,
      settingsFor: restFor,
      parseXml: () => Promise.reject(new Error()),
    })
  }

  const makeCallOf = (title: string, who: PersonaName, { inputs, token = world().tokenOf(who) }: CallOptions) => {
    const found = declared.get(title)
    if (found === undefined) throw new Error(`${title} is not declared`)
    const { tid, oid, username } = personas[who]
    const { operation, backend } = found
    const parsed = operation.inputs().parse(inputs) as Record<string, Json>
    const text = generated(operation) ? statementOf(inputs) : parsed.statement
    const statement = typeof text === 'string' ? { statement: judged(text) } : {}
    const as = { principal: { ...principal, tid, oid, username }, token: makeToken(token, { tid, oid }) }
    return makeCall({ operation, backend, inputs: parsed, ...statement, ...as })
  }

  // What the line reads and judges before such a call; the pipeline's own tests show that.
  const written = new Map<string, string>()
  const statementOf = (inputs: object) => written.get((inputs as { attachment: string }).attachment)

  const run = async (title: string, who: PersonaName, inputs: object) => {
    const call = makeCallOf(title, who, { inputs })
    const answer = await executorOf(call.invocation.operation.call.technology).call(call)
    const { attachments = [] } = (answer.data ?? {}) as {
      attachments?: readonly { attachment: string; sql?: string }[]
    }
    for (const { attachment, sql } of attachments) if (sql !== undefined) written.set(attachment, sql)
    return answer
  }

  describe('each declared operation at the workspace', () => {
    const seen: Record<string, unknown> = {}

    it('is in the table', () => {
      const callable = [...declared.values()].filter(({ operation }) => operation.unsupported === undefined)
      const titles = calls.map(({ title }) => title)
      expect(callable.map(({ title }) => title).filter((title) => !titles.includes(title))).toEqual([])
    })

    it.each<TableCall>(calls)('answers $title as $as', async ({ title, as, inputs, answer }) => {
      if (Array.isArray(answer)) {
        const problem = await problemOf(run(title, as, inputs(seen)))
        return expect([problem.code, problem.status]).toEqual(answer)
      }
      const made = await run(title, as, inputs(seen))
      expect(made.data ?? {}).toMatchObject(answer)
      // Whatever is a secret in the stand-in says so.
      expect(JSON.stringify(made.data)).not.toMatch(/kept|far\.example/)
      // The further endpoint has no probe; the workspace says whom it sees.
      expect(made.identity.matches).toBe(declared.get(title)?.operation.at === undefined ? true : null)
      seen[title.split('.')[1] ?? ''] ??= made.data
    })

    const once = [
      ['rest', 'databricks-jobs.listJobs', {}],
      ['genie', 'databricks-genie.askQuestion', { space: 'space-sales', question: 'hello' }],
    ] as const

    it.each(once)('refuses a token for another audience (%s)', async (_technology, title, inputs) => {
      const token = world().tokenOf('alice', { aud: 'https://management.azure.com' })
      const call = makeCallOf(title, 'alice', { inputs, token })
      const made = executorOf(call.invocation.operation.call.technology).call(call)
      expect((await problemOf(made)).code).toBe('backend_rejected_token')
    })

    it.each(once)('withholds what another person’s token would bring (%s)', async (_technology, title, inputs) => {
      const call = makeCallOf(title, 'alice', { inputs, token: world().tokenOf('bob') })
      const made = executorOf(call.invocation.operation.call.technology).call(call)
      expect((await problemOf(made)).code).toBe('identity_mismatch')
    })
  })

  describe('Genie', () => {
    const ask = (question: string, more: object = {}) =>
      run('databricks-genie.askQuestion', 'alice', { space: 'space-sales', question, ...more })

    it('gives each person the rows of their own', async () => {
      const rowsOf = async (who: PersonaName) => {
        const { data } = await run('databricks-genie.askQuestion', who, {
          space: 'space-sales',
          question: 'orders by region',
        })
        const { handle, attachments } = data as { handle: string; attachments: [{ attachment: string }] }
        const inputs = { handle, attachment: attachments[0].attachment }
        return (await run('databricks-genie.getQueryResult', who, inputs)).data as { rows: unknown[][] }
      }
      const [alice, bob] = [await rowsOf('alice'), await rowsOf('bob')]
      expect([alice.rows.map(([region]) => region), bob.rows.map(([region]) => region)]).toEqual([['EMEA'], ['US']])
    })

    it('gives a handle for a question over which it never stops thinking', async () => {
      const { data } = await ask('never', { wait: 1 })
      expect(data).toMatchObject({ status: 'running', handle: expect.any(String), attachments: [] })
      const { handle } = data as { handle: string }
      expect((await run('databricks-genie.getMessage', 'alice', { handle, wait: 1 })).data).toMatchObject({
        status: 'running',
      })
    })

    it('says that it could not answer, with its word for it and not its sentence', async () => {
      const problem = await problemOf(ask('fail'))
      expect([problem.code, problem.reason]).toEqual(['backend_failed', 'genie_no_tables_to_query_exception'])
      expect(problem.detail).not.toContain('I know no tables')
    })

    it.each(['error', 'unavailable', 'throttle', 'drop'])('is followed through %s at a look', async (fault) => {
      await world().plant({ fault, at: 'message', retryAfter: 1 })
      expect((await ask('hello')).data).toMatchObject({ status: 'done' })
    })

    it.each([
      ['genie', 'throttle', 'backend_rejected', 'not_called:throttled'],
      ['genie', 'claims_challenge', 'backend_rejected_token', 'not_called:claims_challenge'],
      ['genie', 'drop', 'backend_failed', 'connection_lost'],
      ['genie', 'redirect', 'backend_failed', 'redirect'],
      ['message', 'garbage', 'backend_failed', 'json'],
      ['message', 'html', 'backend_failed', 'content_type'],
      ['message', 'oversized', 'backend_failed', 'too_large'],
      ['message', 'token', 'backend_rejected_token', 'not_called:token'],
    ])('fails as what it is: %s, %s', async (...fault) => {
      const [at, name, code, reason] = fault
      await world().plant({ fault: name, at, retryAfter: 1 })
      const problem = await problemOf(ask('hello'))
      expect([problem.code, problem.reason]).toEqual([code, reason])
    })

    it.each(['hang'])('is given up where it does not answer (%s)', async (fault) => {
      await world().plant({ fault, at: 'message' })
      const call = makeCallOf('databricks-genie.askQuestion', 'alice', {
        inputs: { space: 'space-sales', question: 'hello' },
      })
      expect((await problemOf(executorOf('genie', 800).call(call))).code).toBe('backend_timeout')
    })
  })
}
