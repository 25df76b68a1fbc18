import { describe, expect, it } from 'vitest'
import { mask } from '../../shared/masking/mask.ts'
import { makeReport } from '../../shared/masking/report.ts'
import { makeRulebook } from '../../shared/masking/rulebook.ts'
import { maskDeltas } from '../../shared/masking/stream-deltas.ts'
import { maskLines } from '../../shared/masking/stream-lines.ts'
import { maskBatches } from '../../shared/masking/stream-rows.ts'
import { createTextStream } from '../../shared/masking/stream-text.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { fc } from '../support/property.ts'
import { tableRequest, treeRequest } from '../unit/masking/requests.ts'

const jwt = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxMjM0In0'.repeat(3)}.c2lnbmF0dXJl`
const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0B\n'.repeat(20)}-----END PRIVATE KEY-----`
const secrets = [jwt, key, 'BE68 5390 0754 7034', 'ann.berg@customer.example', '85.07.30-033.28', '4111 1111 1111 1111']
const words = 'the order was shipped to our customer who asked for a new invoice because the first one was lost '
const pieces = fc.array(
  fc.constantFrom(...secrets, words, words.slice(0, 30), '![x](https://e.example) ', '\u200b', '12 ', '\n'),
)
const text = pieces.map((list) => list.join(' '))

/** Cuts a text at places given as parts of a thousand. */
function cut<T extends { slice: (from: number, to?: number) => T; length: number }>(
  whole: T,
  places: readonly number[],
): T[] {
  const ends = [...places.map((place) => Math.floor((place * whole.length) / 1000)), whole.length].sort((a, b) => a - b)
  return ends.map((end, at) => whole.slice(ends[at - 1] ?? 0, end))
}

const places = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 30 })
const start = () =>
  createTextStream({ rulebook: makeRulebook([], []), report: makeReport(), path: '/text', free: true })

function stream(parts: readonly string[]): string {
  const one = start()
  return parts.map((part) => one.push(part)).join('') + one.end()
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of source) list.push(one)
  return list
}

describe('a text that flows', () => {
  it('is masked alike however it is cut', () => {
    fc.assert(
      fc.property(text, places, (whole, at) => {
        expect(stream(cut(whole, at))).toBe(stream([whole]))
      }),
      { numRuns: 400 },
    )
  })

  it('is masked alike where it comes by single characters', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(stream([...whole])).toBe(stream([whole]))
      }),
      { numRuns: 50 },
    )
  })

  it.each(secrets)('never shows %s, wherever it stands', (secret) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), places, (before, at) => {
        const whole = `${words.repeat(5).slice(0, before)} ${secret} ${words.repeat(3)}`
        expect(stream(cut(whole, at))).not.toContain(secret.slice(0, 16))
      }),
      { numRuns: 60 },
    )
  })

  it('comes out before its end', () => {
    expect(start().push(words.repeat(3)).length).toBeGreaterThan(words.length)
  })

  it('is taken out where it cannot be cut', () => {
    const shown = stream(['x1'.repeat(10_000)])
    expect(shown.length).toBeLessThan(8_192)
    expect(shown).toContain('[removed]')
  })
})

describe('a chat completion that flows', () => {
  const chunk = (delta: Json, more: Record<string, Json> = {}) => ({
    id: 'c1',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  })
  const shown = (
    chunks: readonly Readonly<Record<string, Json>>[],
    read: (delta: Record<string, Json>) => Json | undefined,
  ) =>
    chunks
      .flatMap(({ choices }) => choices as { delta: Record<string, Json> }[])
      .map(({ delta }) => read(delta) ?? '')
      .join('')
  const run = (parts: readonly string[], make: (part: string) => Record<string, Json>) => {
    const job = {
      rulebook: makeRulebook([], []),
      report: makeReport(),
      path: '/choices',
      free: true,
      clean: (v: Json) => v,
    }
    const last = chunk({}, { finish_reason: 'stop' })
    return collect(maskDeltas(each([...parts.map((part) => chunk(make(part))), last]), job))
  }

  it('holds the same text as a whole one', async () => {
    await fc.assert(
      fc.asyncProperty(text, places, async (whole, at) => {
        const chunks = await run(cut(whole, at), (content) => ({ content }))
        expect(shown(chunks, ({ content }) => content)).toBe(stream([whole]))
      }),
      { numRuns: 100 },
    )
  })

  it('ends with its end', async () => {
    const chunks = await run([words], (content) => ({ content }))
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })

  it.each([null, [], 7, 'text'])('goes on after a call that is %j', async (call) => {
    const chunks = await run([words], (content) => ({ content, tool_calls: [call as Json] }))
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })

  it('has secrets taken out of the arguments of calls, and nothing else', async () => {
    const make = (part: string) => ({ tool_calls: [{ index: 0, function: { arguments: part } }] })
    const chunks = await run(cut(`{"to":"ann.berg@customer.example","token":"${jwt}"}`, [100, 300, 500, 700]), make)
    const read = ({ tool_calls: calls }: Record<string, Json>) =>
      (calls as { function: { arguments: string } }[] | undefined)?.[0]?.function.arguments
    expect(shown(chunks, read)).toBe('{"to":"ann.berg@customer.example","token":"[removed]"}')
  })
})

describe('rows that flow', () => {
  const columns = ['id', 'email', 'national_id', 'salary_eur'].map((name) => ({ name, source: `hr.employees.${name}` }))
  const row = fc.tuple(fc.integer(), fc.emailAddress(), fc.string(), fc.float().map(String))

  it('are masked as a whole table is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.integer({ min: 1, max: 5 }), async (rows, size) => {
        const { answer, ...request } = tableRequest({ columns, rows })
        const batches = Array.from({ length: Math.ceil(rows.length / size) }, (_, at) =>
          rows.slice(at * size, at * size + size),
        )
        const flowing = maskBatches(request, columns, each(batches))
        const flown = { columns: flowing.columns, rows: (await collect(flowing.batches)).flat() }
        expect(flown).toEqual(mask({ ...request, answer }).data)
      }),
      { numRuns: 100 },
    )
  })

  it('are masked by line however their bytes are cut', async () => {
    const document = fc.record({
      id: fc.integer(),
      customer: fc.record({ email: fc.emailAddress(), note: fc.string({ unit: 'grapheme' }) }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(document), places, async (documents, at) => {
        const labels = { '/id': 'none', '/customer/email': 'pii.contact', '/customer/note': 'none' }
        const bytes = new TextEncoder().encode(documents.map((one) => `${JSON.stringify(one)}\n`).join(''))
        const { answer, ...request } = treeRequest(null, labels)
        const lines = await collect(maskLines(request, each(cut(bytes, at))).lines)
        const expected = documents.map((data) => mask({ ...request, answer: { ...answer, data } }).data)
        expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    ['no JSON', '{"id":1}\n{"id":\n', 'line_malformed'],
    ['no UTF-8', '\ud800', null],
  ])('end where a line is %s', async (_name, given, reason) => {
    const bytes = reason === null ? Uint8Array.of(0x22, 0xff, 0x22) : new TextEncoder().encode(given)
    const { answer: _answer, ...request } = treeRequest(null, {})
    await expect(collect(maskLines(request, each([bytes])).lines)).rejects.toMatchObject({
      code: 'backend_failed',
      reason: reason ?? 'line_encoding',
    })
  })
})

describe('memory while a hundred megabytes flow', () => {
  it('stays flat', { timeout: 120_000 }, async () => {
    const row = { id: 1, customer: { email: 'ann.berg@customer.example', note: 'x'.repeat(900) } }
    const line = new TextEncoder().encode(`${JSON.stringify(row)}\n`.repeat(64))
    async function* source() {
      for (let sent = 0; sent < 100_000_000; sent += line.length) yield line
    }
    const { answer: _answer, ...request } = treeRequest(null, {
      '/id': 'none',
      '/customer/email': 'pii.contact',
      '/customer/note': 'none',
    })
    let [bytes, most] = [0, 0]
    const before = process.memoryUsage().rss
    for await (const masked of maskLines(request, source()).lines) {
      bytes += masked.length
      if (bytes % 5_000 < masked.length) most = Math.max(most, process.memoryUsage().rss - before)
    }
    expect(bytes).toBeGreaterThan(90_000_000)
    expect(most).toBeLessThan(128 * 2 ** 20)
  })
})
