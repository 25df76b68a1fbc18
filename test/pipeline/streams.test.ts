import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { Json, UpstreamCall, UpstreamStream } from '../../shared/pipeline/ports.ts'
import { failWith } from '../../shared/upstream/failure.ts'
import type { UsageEntry } from '../../shared/usage/usage.ts'
import { createWorld, type Faults, inboundFor, noon, permit, type World } from '../support/line-world.ts'

type Chunk = Readonly<Record<string, Json>>

const say = (content: string): Chunk => ({ id: 'c1', choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const stop: Chunk = { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const words = 'the order was shipped to our customer who asked for a new invoice because the first was lost '

interface Script {
  readonly chunks?: (signal: AbortSignal) => AsyncIterable<Chunk>
  readonly faults?: Faults
  readonly refuse?: Problem
  readonly flowMs?: number
  readonly classification?: Readonly<Record<string, string>>
  readonly record?: boolean
  readonly mark?: () => Promise<void>
}

async function* plain(): AsyncGenerator<Chunk> {
  yield say(words)
  yield say('Write to ann.berg@customer.example now.')
  yield stop
}

interface Opened extends World {
  readonly counted: UsageEntry[]
  readonly signals: AbortSignal[]
}

/** A line whose backend answers every call with the chunks of the script. */
function flowing(script: Script = {}): Opened {
  const signals: AbortSignal[] = []
  const counted: UsageEntry[] = []
  const open = async ({ signal }: UpstreamCall): Promise<UpstreamStream> => {
    signals.push(signal)
    if (script.refuse !== undefined) throw script.refuse
    return {
      form: 'chat',
      pieces: (script.chunks ?? plain)(signal),
      backendIds: { 'x-request-id': 'backend-1' },
      identity: { source: 'token', method: 'exchange', checkedAt: new Date(noon).toISOString(), matches: null },
      totals: () => ({
        rows: 0,
        bytes: 77,
        truncated: false,
        backendIds: { 'x-request-id': 'backend-1', id: 'c1' },
        usage: { tokens: 12 },
      }),
    }
  }
  const decide = () => ({ ...permit, obligations: script.record ? [{ kind: 'record' as const, rule: 'r' }] : [] })
  const world = createWorld({
    faults: { decide, ...script.faults },
    ...(script.classification === undefined ? {} : { classification: script.classification }),
    wrap: (ports) => {
      const rest = ports.executors.get('rest')
      if (rest === undefined) throw new Error('no executor')
      const taints = { ...ports.taints, ...(script.mark === undefined ? {} : { mark: script.mark }) }
      const executors = new Map([['rest', { ...rest, open, isFlowing: () => true }]])
      const usage = { ...ports.usage, count: (entry: UsageEntry) => void counted.push(entry) }
      return { ...ports, taints, usage, executors, ...(script.flowMs === undefined ? {} : { flowMs: script.flowMs }) }
    },
  })
  return { ...world, signals, counted }
}

const inbound = (flow?: 'openai' | 'whole') => inboundFor('getItem', {}, flow === undefined ? {} : { flow })

/** Everything that comes, with how many rows stood in the book when each piece came. */
async function collect(world: World, flow?: 'openai') {
  const answer = await handle(inbound(flow), world.line)
  const pieces: { readonly text: string; readonly kinds: readonly string[] }[] = []
  const kinds = () => [...world.rows.map(({ kind }) => kind), ...world.events.map(({ kind }) => kind)]
  let cut: unknown
  try {
    for await (const piece of answer.stream ?? []) pieces.push({ text: Buffer.from(piece).toString(), kinds: kinds() })
  } catch (error) {
    cut = error
  }
  return { answer, pieces, text: pieces.map(({ text }) => text).join(''), cut }
}

const outcomes = ({ rows }: World) => rows.flatMap((row) => (row.kind === 'outcome' ? [row.facts] : []))

describe('an answer that flows', () => {
  it('has its intent and its release in the book before the first byte, its outcome before what ends it', async () => {
    const world = flowing()
    const { answer, pieces, text } = await collect(world, 'openai')
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    const ending = pieces.findIndex(({ text: piece }) => piece.includes('"stop"'))
    expect(pieces[0]?.kinds).toEqual(['intent', 'release'])
    expect(pieces.slice(0, ending).every(({ kinds }) => !kinds.includes('outcome'))).toBe(true)
    expect(pieces.slice(ending).every(({ kinds }) => kinds.includes('outcome'))).toBe(true)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('says in the release row who was seen, and for which intent', async () => {
    const world = flowing()
    await collect(world)
    expect(world.events).toMatchObject([
      { kind: 'release', detail: { status: 200, source: 'token', method: 'exchange', lane: 'lane-1', seq: 1 } },
    ])
    expect(world.events[0]?.detail).not.toHaveProperty('matches')
  })

  it('is masked as it flows, and its outcome says so', async () => {
    const world = flowing()
    const { text } = await collect(world)
    expect(text).toContain('the order was shipped')
    expect(text).not.toContain('ann.berg')
    expect(outcomes(world)).toMatchObject([
      { status: 'called', code: 'ok', flow: 'left', bytes: 77, labels: ['text.free'], backendIds: { id: 'c1' } },
    ])
    expect(outcomes(world)[0]?.masked.map(({ label }) => label)).toEqual(['pii.contact'])
  })

  it('ends with the decision and its rows in our own form', async () => {
    const { text } = await collect(flowing())
    const end = /event: end\ndata: (.*)\n/.exec(text)?.[1] ?? '{}'
    expect(JSON.parse(end)).toMatchObject({
      meta: { audit: { intent: { seq: 1 }, outcome: { seq: 2 } }, trust: 'untrusted-data' },
    })
  })

  it('is answered whole where the caller cannot take it otherwise', async () => {
    const world = flowing()
    const answer = await handle(inbound('whole'), world.line)
    expect(answer).not.toHaveProperty('stream')
    expect(world.signals).toEqual([])
    expect(outcomes(world)).toHaveLength(1)
    expect(outcomes(world)[0]).not.toHaveProperty('flow')
  })

  it('is recorded whole where policy wants that', async () => {
    const world = flowing({ record: true })
    await collect(world)
    expect(outcomes(world)[0]?.recording).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each([
    ['a pointer of the deployment', { '/choices': 'pii' }],
    ['a pointer of the reviewed file', { '!/choices': 'pii' }],
  ])('does not flow where %s classifies what comes back', async (_, classification) => {
    const world = flowing({ classification })
    const { answer } = await collect(world)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'input_invalid', faults: [{ pointer: '/stream' }] })
    expect(world.signals).toEqual([])
    expect(outcomes(world)).toMatchObject([{ status: 'not-called' }])
  })

  it('counts what the backend says that it took', async () => {
    const world = flowing()
    await collect(world)
    expect(world.counted).toMatchObject([{ operation: 'getItem', totals: { calls: 1, bytes: 77, tokens: 12 } }])
  })
})

describe('a stream that fails', () => {
  it('is a problem where the backend refuses before the first byte', async () => {
    const refuse = failWith({
      code: 'backend_rejected',
      fate: 'not_called',
      why: 'throttled',
      members: { status: 429 },
    })
    const world = flowing({ refuse })
    const { answer } = await collect(world)
    expect(answer).toMatchObject({ status: 429, headers: { 'content-type': 'application/problem+json' } })
    expect(world.events).toEqual([])
    expect(outcomes(world)).toMatchObject([{ status: 'not-called', code: 'backend_rejected' }])
    expect(outcomes(world)[0]).not.toHaveProperty('flow')
  })

  it('shows nothing where the release cannot be recorded, and the book says that it was called', async () => {
    const faults: Faults = {
      event: () => {
        throw new Problem('audit_unavailable', 'The book is away.')
      },
    }
    const world = flowing({ faults })
    const { answer, pieces } = await collect(world)
    expect([answer.status, pieces]).toEqual([503, []])
    expect(outcomes(world)).toMatchObject([{ status: 'called', code: 'audit_unavailable', flow: 'held', bytes: 0 }])
    expect(world.signals[0]?.aborted).toBe(true)
  })

  it('is cut before its end where the outcome cannot be recorded, and the intent dangles', async () => {
    const faults: Faults = {
      outcome: () => {
        throw new Problem('audit_unavailable', 'The book is away.')
      },
    }
    const world = flowing({ faults })
    const { text, cut } = await collect(world, 'openai')
    expect(cut).toBeInstanceOf(Problem)
    expect(text).toContain('shipped')
    expect(text).not.toContain('stop')
    expect(text).not.toContain('[DONE]')
    expect(world.rows.map(({ kind }) => kind)).toEqual(['intent'])
  })

  it('says so in an event where the backend breaks off, after the outcome row, and never looks complete', async () => {
    async function* chunks(): AsyncGenerator<Chunk> {
      yield say(words)
      throw failWith({ code: 'backend_failed', fate: 'called', why: 'connection_lost' })
    }
    const world = flowing({ chunks })
    const { text, pieces } = await collect(world, 'openai')
    expect(pieces.at(-1)?.kinds).toContain('outcome')
    expect(pieces.at(-1)?.text).toContain('"code":"backend_failed"')
    expect(text).not.toContain('[DONE]')
    expect(outcomes(world)).toMatchObject([{ status: 'called', code: 'backend_failed', flow: 'left', bytes: 77 }])
  })

  it('lets the backend go where the caller leaves, and the book says that it was left', async () => {
    async function* chunks(signal: AbortSignal): AsyncGenerator<Chunk> {
      for (let turn = 0; turn < 1000 && !signal.aborted; turn++) yield say(words)
    }
    const world = flowing({ chunks })
    const answer = await handle(inbound(), world.line)
    for await (const _ of answer.stream ?? []) break
    await expect
      .poll(() => outcomes(world))
      .toMatchObject([{ status: 'called', code: 'client_gone', flow: 'left', bytes: 77 }])
    expect(world.signals[0]?.aborted).toBe(true)
  })

  it('is over when its time is up, although nobody reads', async () => {
    async function* chunks(): AsyncGenerator<Chunk> {
      for (let turn = 0; turn < 1000; turn++) yield say(words)
    }
    const world = flowing({ chunks, flowMs: 40 })
    await handle(inbound(), world.line)
    await expect
      .poll(() => outcomes(world))
      .toMatchObject([{ status: 'called', code: 'backend_timeout', flow: 'left' }])
  })

  it('is over when its time is up, although the backend never ends', async () => {
    async function* chunks(signal: AbortSignal): AsyncGenerator<Chunk> {
      yield say(words)
      await sleep(10_000, undefined, { signal })
    }
    const { text } = await collect(flowing({ chunks, flowMs: 60 }), 'openai')
    expect(text).toContain('"code":"backend_timeout"')
  })

  it('holds back the maker while nobody reads', async () => {
    let made = 0
    async function* chunks(): AsyncGenerator<Chunk> {
      for (; made < 500; made++) yield say(words)
    }
    const world = flowing({ chunks })
    const answer = await handle(inbound(), world.line)
    await sleep(20)
    expect(made).toBeLessThan(5)
    for await (const _ of answer.stream ?? []) break
  })
})
