import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../support/gateway-world.ts'

const patience = { timeout: 60_000, interval: 500 }
let running: World | undefined

const world = (): World => {
  if (running === undefined) throw new Error('the stack does not run')
  return running
}

beforeAll(async () => {
  running = await openWorld()
}, 120_000)

afterAll(() => running?.stop())

/** What only the stand-in of the models has: a fault to plant, and how many answers are on their way. */
function askModels(path: string, body?: object): Promise<string> {
  const { file } = world()
  const url = new URL(path, file.backends['azure-openai']?.url)
  return new Promise((resolve, reject) => {
    const options = { method: body === undefined ? 'GET' : 'POST', ca: readFileSync(file.ca, 'utf8') }
    const sent = request(url, options, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const openAnswers = async () => (JSON.parse(await askModels('/dev/open')) as { open: number }).open

interface Begun {
  readonly decisionId: string
  readonly response: IncomingMessage
  readonly leave: () => void
}

/** Asks for a stream on a connection of its own, and resolves when its first bytes are here. */
async function begin(): Promise<Begun> {
  const messages = [{ role: 'user', content: 'Tell me about the order, at length.' }]
  const headers = { authorization: `Bearer ${await world().token('alice')}`, 'content-type': 'application/json' }
  const url = new URL('/openai/v1/chat/completions', world().file.gateway)
  const sent = requestPlain(url, { method: 'POST', headers, agent: false })
  sent.on('error', () => undefined).end(JSON.stringify({ model: 'gpt-5-mini', stream: true, messages }))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  expect(response.statusCode).toBe(200)
  await once(response, 'data')
  const decisionId = String(response.headers['x-countersign-decision'])
  return { decisionId, response, leave: () => sent.destroy() }
}

interface Row {
  readonly kind: string
  readonly decisionId?: string
  readonly seq: number
  readonly outcome?: Readonly<Record<string, unknown>>
  readonly detail?: Readonly<Record<string, unknown>>
}

/** The rows of one call, in order. */
async function rowsOf(decisionId: string): Promise<readonly Row[]> {
  const lines = (await world().dump()).split('\n').filter((line) => line.includes(decisionId))
  const rows = lines.map((line) => JSON.parse(line)).filter(({ table, c }) => table === 'audit' && c !== undefined)
  return rows.map(({ c }) => JSON.parse(c) as Row).sort((one, other) => one.seq - other.seq)
}

const kindsOf = async (decisionId: string) => (await rowsOf(decisionId)).map(({ kind }) => kind)

async function usageOf(): Promise<Readonly<Record<string, number>>> {
  const token = await world().token('carol', { control: true })
  const { body } = await world().ask({ path: '/api/usage?by=person,backend', token })
  return body.usage.find(({ backend }: { backend: string }) => backend === 'azure-openai') ?? {}
}

describe('a client that leaves in the middle of a stream', () => {
  it('lets the backend go, and the book says that content left and that nobody took the rest', async () => {
    await askModels('/dev/fault', { fault: 'stream', stream: { endless: true, pause: 20 } })
    const { decisionId, leave } = await begin()
    expect(await openAnswers()).toBe(1)
    // While it flows, nothing says yet how it ends.
    expect(await kindsOf(decisionId)).toEqual(['intent', 'release'])
    leave()
    await expect.poll(openAnswers, patience).toBe(0)
    await expect.poll(() => kindsOf(decisionId), patience).toEqual(['intent', 'release', 'outcome'])
    const [, release, outcome] = await rowsOf(decisionId)
    expect(release?.detail).toMatchObject({ decisionId, status: 200 })
    expect(outcome?.outcome).toMatchObject({ status: 'called', code: 'client_gone', flow: 'left' })
    expect(Number(outcome?.outcome?.bytes)).toBeGreaterThan(0)
  }, 180_000)

  it('has its use counted, and leaves the gateway whole for the next call', async () => {
    await expect.poll(async () => (await usageOf()).calls, patience).toBe(1)
    const { decisionId, response } = await begin()
    response.resume()
    await expect.poll(() => response.complete, patience).toBe(true)
    await expect.poll(() => kindsOf(decisionId), patience).toEqual(['intent', 'release', 'outcome'])
    expect((await rowsOf(decisionId)).at(-1)?.outcome).toMatchObject({ status: 'called', code: 'ok', flow: 'left' })
    await expect.poll(async () => (await usageOf()).calls, patience).toBe(2)
  }, 180_000)

  it('leaves a book in which every release has its intent and its end', async () => {
    const { code, stdout } = await world().command('audit:verify', '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { verdict: 'PASS', findings: [] }])
  }, 60_000)
})
