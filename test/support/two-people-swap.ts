/**
 * Calls every backend of a running stack with tokens that are not the right ones, by the executors that the gateway
 * uses; started with the stack's authority. Prints one JSON object: backend → trial → what the call ended with.
 */
import { readDeployment } from '../../infra/local/doctor/deployment.ts'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'
import { createExecutors } from '../../shared/app-executors.ts'
import type { Settings } from '../../shared/config/settings.ts'
import { Problem } from '../../shared/errors/problem.ts'
import { judged, makeCall, makeToken, principal } from '../unit/upstream/calls.ts'
import { loadFunctions } from './line-declarations.ts'
import { type PeopleRow, peopleRows } from './two-people-rows.ts'

const stack = readRunningStack(localFolder())
const deployment = readDeployment(stack?.settings ?? {})
if (stack === null || deployment === null) throw new Error('no stack is running')
const closing: (() => Promise<void>)[] = []
const handleKey = async () => new Uint8Array(32).fill(7)
// Executors read where backends are, and nothing else.
const credential = { getToken: async () => null }
const parts = { closing, handleKey, deadlineMs: 30_000, credential }
const executors = createExecutors(deployment as unknown as Settings, parts)
const backends = await loadFunctions()

async function mint(persona: PersonaName, token: PeopleRow['token']): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ persona, ...token })
  const response = await fetch(`${stack?.entra}/dev/token`, { method: 'POST', headers, body })
  return ((await response.json()) as { readonly token: string }).token
}

/** Calls as alice, with a token of this value that says whose it is. */
async function callAsAlice(row: PeopleRow, value: string, owner: PersonaName): Promise<string> {
  const backend = backends.find(({ name }) => name === row.backend)
  const operation = backend?.operations[row.operation]
  if (backend === undefined || operation === undefined) throw new Error(`${row.backend} is not declared`)
  const { tid, oid, username } = personas.alice
  const alice = { ...principal, tid, oid, username }
  const { operations: _all, ...rest } = backend
  const call = makeCall({
    operation,
    backend: rest,
    inputs: row.inputs,
    principal: alice,
    token: makeToken(value, personas[owner]),
    ...(row.statement === undefined ? {} : { statement: judged(String(row.inputs[row.statement])) }),
  })
  try {
    const answer = await executors.get(operation.call.technology)?.call(call)
    return answer === undefined ? 'no executor' : 'answered'
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
}

const found: Record<string, Record<string, string>> = {}
for (const row of peopleRows) {
  const other = peopleRows.find(({ backend }) => backend !== row.backend) ?? row
  found[row.backend] = {
    own: await callAsAlice(row, await mint('alice', row.token), 'alice'),
    audience: await callAsAlice(row, await mint('alice', other.token), 'alice'),
    swapped: await callAsAlice(row, await mint('bob', row.token), 'bob'),
    mislabelled: await callAsAlice(row, await mint('bob', row.token), 'alice'),
  }
}
for (const close of closing) await close()
process.stdout.write(`${JSON.stringify(found)}\n`)
