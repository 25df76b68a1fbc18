import { afterAll, beforeAll } from 'vitest'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { Executor, UpstreamCall } from '../../../shared/pipeline/ports.ts'
import { athena } from '../../../shared/upstream/aws-athena.ts'
import { redshift } from '../../../shared/upstream/aws-redshift.ts'
import { createDatabricksExecutor } from '../../../shared/upstream/databricks.ts'
import { createGenieExecutor } from '../../../shared/upstream/genie.ts'
import { createMcpExecutor } from '../../../shared/upstream/mcp.ts'
import { createOpenAiExecutor } from '../../../shared/upstream/openai.ts'
import { createWarehouseExecutor } from '../../../shared/upstream/warehouse.ts'
import { bigquery } from '../../../shared/upstream/warehouse-bigquery.ts'
import { snowflake } from '../../../shared/upstream/warehouse-snowflake.ts'
import { describeFaults, type FaultyCall } from '../../support/http-faults.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { openSite, type Site } from '../../support/rest-world.ts'
import { type CallParts, declaredCall, judged, oid } from './calls.ts'

const declared = await loadFunctions()
let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const usual = { fetch, clock: Date.now, parseChallenge: readBackendChallenge, maxBytes: 4096 }
const handleKey = async () => new Uint8Array(32).fill(7)
const url = () => ({ baseUrl: site.url })

type Parts = Omit<CallParts, 'operation'>
/** Beyond the limit of statements' answers, in characters. */
const tooMany = 9_000_000

function callOf(place: string, parts: Parts = {}): UpstreamCall {
  const [name = '', operation = ''] = place.split('.')
  const backend = declared.find((each) => each.name === name)
  if (backend === undefined) throw new Error(`no backend ${name}`)
  return declaredCall(backend, operation, parts)
}

const statement = { inputs: { statement: 'SELECT 1', wait: 10, parameters: [] }, statement: judged('SELECT 1') }
const question = { inputs: { space: 's'.repeat(32), question: 'How many?', wait: 10 } }
const chat = { inputs: { model: 'm', messages: [{ role: 'user', content: 'x' }] } }
const drivers = { athena, bigquery, redshift, snowflake }
const values = { warehouse: 'WH', workgroup: 'people' }
const workspace = () => ({ ...url(), warehouses: ['w-1'], catalog: 'main', schema: 'sales' })
const warehouse = () =>
  createWarehouseExecutor({
    ...usual,
    drivers,
    pause: async () => undefined,
    handleKey,
    settingsFor: () => ({ ...url(), database: 'SALES', values }),
  })
const me = { path: '/api/2.0/preview/scim/v2/Me', answer: { id: '1', externalId: oid, userName: 'alice' } }

type Row = readonly [place: string, make: () => Executor, parts: Parts, more?: Omit<FaultyCall, 'name' | 'call'>]

/** One read of each executor that speaks HTTP; REST and Cosmos have tables of their own. */
const rows: readonly Row[] = [
  ['azure-openai.createChatCompletion', () => createOpenAiExecutor({ ...usual, settingsFor: url }), chat],
  [
    'mcp-apim.listTools',
    () => createMcpExecutor({ ...usual, settingsFor: () => ({ ...url(), tools: [] }) }),
    {},
    // A server of an older revision may answer 404 to what it does not know: it is asked once more, as such a one.
    { otherwise: { 404: 'backend_rejected rpc_refused 422 2' } },
  ],
  [
    'databricks-sql.executeStatement',
    () => createDatabricksExecutor({ ...usual, handleKey, settingsFor: workspace }),
    statement,
    { besides: me, tooMany },
  ],
  [
    'databricks-genie.askQuestion',
    () => createGenieExecutor({ ...usual, handleKey, settingsFor: workspace }),
    question,
    { besides: me, tooMany },
  ],
  ['snowflake.executeStatement', warehouse, statement, { tooMany }],
  ['aws-athena.startQueryExecution', warehouse, statement, { tooMany }],
]

const calls = rows.map(([name, make, parts, more]): FaultyCall => {
  const call = async (signal: AbortSignal) => {
    const executor = make()
    try {
      return await executor.call(callOf(name, { ...parts, signal }))
    } finally {
      await executor.close()
    }
  }
  return { name, call, ...more }
})

describeFaults('an executor', calls, () => site)
