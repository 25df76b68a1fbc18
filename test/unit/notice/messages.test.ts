import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { findCardFault } from '../../../infra/local/notices/card-check.ts'
import { readAddress } from '../../../shared/notice/address.ts'
import { cardLimit, makeCard } from '../../../shared/notice/card.ts'
import { type Delivery, noticeKinds } from '../../../shared/notice/notice.ts'
import { createNoticePost, type NoticePost } from '../../../shared/notice/notice-http.ts'
import { createSend } from '../../../shared/notice/send.ts'
import { makeWebhookBody, signWebhook } from '../../../shared/notice/webhook.ts'
import { alarm, teams } from '../../support/notice-world.ts'

const publicUrl = 'https://gateway.example'
const key = new Uint8Array(32).fill(9)
const whsec = `whsec_${Buffer.from(key).toString('base64')}`

function runsOf(card: string): string[] {
  const { attachments } = JSON.parse(card) as {
    attachments: { content: { body: { inlines?: { text: string }[] }[] } }[]
  }
  return (attachments[0]?.content.body ?? []).flatMap(({ inlines = [] }) => inlines.map(({ text }) => text))
}

describe('a card', () => {
  it.each(noticeKinds)('of kind %s is one that Teams takes, and leads to the console only', (kind) => {
    const card = makeCard({ ...alarm, kind }, publicUrl)
    expect(findCardFault(Buffer.from(card))).toBeNull()
    const { actions } =
      (JSON.parse(card) as { attachments: { content: { actions: object[] } }[] }).attachments[0]?.content ?? {}
    expect(actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open the console', url: `${publicUrl}/console#/records/1` },
    ])
  })

  it.each([
    ['a link in markdown', '[Approve](https://evil.example)', '[Approve](https:/ /evil.example)'],
    ['marks of direction', 'a\u202eb\u200bc\u{e0041}d', 'a b c d'],
    ['lines', 'one\ntwo', 'one two'],
    ['half a pair', 'x\ud800', 'x\ufffd'],
  ])('holds %s as plain text in a run', (_name, statement, shown) => {
    expect(runsOf(makeCard({ ...alarm, data: { statement } }, publicUrl))).toContain(shown)
  })

  it('stays below the limit however much a call holds', () => {
    const long = 'é'.repeat(50_000)
    const data = { statement: long, operation: long, policies: [long, long] }
    expect(Buffer.byteLength(makeCard({ ...alarm, data }, publicUrl))).toBeLessThan(cardLimit)
  })
})

describe('a webhook message', () => {
  it('is signed as Standard Webhooks has it', () => {
    // From the specification's own example of a secret, id, time and body.
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1_614_265_330, body: '{"test": 2432232314}' }
    expect(signWebhook(secret, message).headers).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('says what, when and where, in JSON', () => {
    expect(JSON.parse(makeWebhookBody(alarm, publicUrl))).toEqual({
      type: 'countersign.identity_mismatch',
      timestamp: alarm.time,
      data: { ...alarm.data, console: `${publicUrl}/console#/records/1` },
    })
  })
})

describe("a channel's secret", () => {
  it.each([
    ['teams', 'https://prod.example/workflows/1?sig=x', true],
    ['teams', 'http://prod.example/workflows/1', false],
    ['teams', 'nothing', false],
    ['webhook', JSON.stringify({ url: 'https://a.example/hook', key: whsec }), true],
    ['webhook', JSON.stringify({ url: 'https://a.example/hook' }), false],
    ['webhook', JSON.stringify({ url: 'http://a.example/hook', key: whsec }), false],
    ['webhook', JSON.stringify({ url: 'https://a.example/hook', key: 'whsec_c2hvcnQ=' }), false],
    ['webhook', 'https://a.example/hook', false],
  ] as const)('of a %s as %s is taken: %s', (kind, secret, isTaken) => {
    expect(readAddress(kind, secret) !== null).toBe(isTaken)
  })
})

describe('an attempt', () => {
  const attempt = async (secret: string | Error, channel = teams) => {
    const posts: NoticePost[] = []
    const send = createSend({
      publicUrl,
      secretOf: async () => {
        if (secret instanceof Error) throw secret
        return secret
      },
      post: async (message): Promise<Delivery> => {
        posts.push(message)
        return { ok: true }
      },
      now: () => 1_000_000,
    })
    return { delivery: await send(channel, alarm), posts }
  }

  it('posts a card to a workflow, without any header of ours', async () => {
    const { delivery, posts } = await attempt('https://a.example/1')
    expect([delivery, posts]).toEqual([
      { ok: true },
      [{ url: 'https://a.example/1', body: makeCard(alarm, publicUrl) }],
    ])
  })

  it('posts a signed body to a webhook, under the id of the notice', async () => {
    const secret = JSON.stringify({ url: 'https://a.example/hook', key: whsec })
    const { posts } = await attempt(secret, { kind: 'webhook', secret: 's' })
    const body = posts[0]?.body ?? ''
    const signature = createHmac('sha256', key).update(`${alarm.id}.1000.${body}`).digest('base64')
    expect(posts[0]?.headers).toEqual({
      'webhook-id': alarm.id,
      'webhook-timestamp': '1000',
      'webhook-signature': `v1,${signature}`,
    })
  })

  it.each([
    ['a secret that is none', 'nothing', 'secret_malformed'],
    ['a vault that is away', Object.assign(new Error('secret: https://x'), { name: 'RestError' }), 'RestError'],
  ])('fails quietly with %s, and quotes nothing of it', async (_name, secret, reason) => {
    const { delivery, posts } = await attempt(secret)
    expect([delivery, posts]).toEqual([{ ok: false, reason }, []])
  })
})

describe('a post', () => {
  const post = (answer: Response | Error) =>
    createNoticePost({
      fetch: async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
    })({ url: 'https://a.example/secret', body: '{}' })

  it.each([
    ['202', new Response(null, { status: 202 }), { ok: true }],
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: 'https://b.example' } }),
      { ok: false, reason: '302' },
    ],
    [
      'too many',
      new Response(null, { status: 429, headers: { 'retry-after': '7' } }),
      { ok: false, reason: '429', retryAfter: 7 },
    ],
    ['gone', new Response(null, { status: 410 }), { ok: false, reason: '410', gone: true }],
    ['nobody there', new TypeError('https://a.example/secret'), { ok: false, reason: 'TypeError' }],
  ] as const)('that is answered with %s says so', async (_name, answer, delivery) => {
    expect(await post(answer)).toEqual(delivery)
  })
})
