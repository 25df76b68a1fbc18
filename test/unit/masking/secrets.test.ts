import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cleanText } from '../../../shared/masking/secrets.ts'
import { showPart } from '../../../shared/masking/strategies.ts'

const part = (text: string) => Buffer.from(text).toString('base64url')
const jwt = `${part('{"alg":"RS256","typ":"JWT"}')}.${part('{"sub":"somebody"}')}.${part('signature-bytes')}`
const spacedJwt = `${part('{ "alg": "none" }')}.${part('{"sub":"x","name":"y"}')}.`
const storageKey = `${'Ab1/'.repeat(21)}Ab==`
// Put together here, so that no scanner takes the test for a leak.
const pem = (body: string) => `${'-----BEGIN '}PRIVATE KEY-----\n${body}\n${'-----END '}PRIVATE KEY-----`

describe('secret', () => {
  it.each([
    ['a token', `Bearer ${jwt} and more`, 'Bearer [removed] and more', 'secret'],
    ['a token with spaces in its header', spacedJwt, '[removed]', 'secret'],
    ['a token after other letters', `x_${jwt}`, 'x_[removed]', 'secret'],
    ['a storage key', `key ${storageKey} end`, 'key [removed] end', 'secret'],
    ['a connection string', `A=b;AccountKey=${storageKey};E=f`, 'A=b;[removed];E=f', 'secret'],
    ['a password of one', 'Server=x;Password=hunter2;E=f', 'Server=x;[removed];E=f', 'secret'],
    ['a private key', `a ${pem('MIIabc')} b`, 'a [removed] b', 'secret'],
    ['a private key cut short', `a ${pem('MIIabc').slice(0, 40)}`, 'a [removed]', 'secret'],
    ['a bare signature', `x sig=${'aB3%2'.repeat(8)} y`, 'x [removed] y', 'secret'],
    ['a SAS link', 'https://a.example/b?sp=r&sig=x', '[removed]', 'link.signed'],
    ['an AWS link', 'see https://a.example/b?X-Amz-Signature=0 now', 'see [removed] now', 'link.signed'],
    ['a GitHub token', `use ghp_${'aB3'.repeat(12)} here`, 'use [removed] here', 'secret'],
    ['an access key', `id AKIA${'ABCD2345'.repeat(2)}`, 'id [removed]', 'secret'],
    ['a Databricks token', `t=dapi${'0a1b'.repeat(8)}`, 't=[removed]', 'secret'],
    ['a model key', `sk-proj-${'aB3d'.repeat(8)}`, '[removed]', 'secret'],
    ['a Slack token', 'xoxb-123456789012-abcdefABCDEF', '[removed]', 'secret'],
    ["a client's secret", `s: abc8Q~${'aB3d'.repeat(8)}`, 's: [removed]', 'secret'],
    ['an opaque bearer token', `authorization: Bearer ${'aB3d'.repeat(8)}`, 'authorization: [removed]', 'secret'],
    ['a password in an address', 'amqp://app:hunter2@queue.example/x', 'amqp://[removed]@queue.example/x', 'secret'],
    ['a Google link', 'https://a.example/b?X-Goog-Expires=9&X-Goog-Signature=0a', '[removed]', 'link.signed'],
    ['a delegated SAS', 'https://a.example/b?skoid=x&se=2026&sv=2024&sig=aB%3D', '[removed]', 'link.signed'],
    ['a link with a token', 'https://a.example/b?access_token=x', '[removed]', 'link.signed'],
    ['a link with a token behind it', 'https://a.example/b#access_token=x', '[removed]', 'link.signed'],
    ['a sharing link', 'https://a.example/b?tempauth=v1.eyJ', '[removed]', 'link.signed'],
  ])('that is %s is taken out', (...[, text, expected, label]) => {
    expect(cleanText(text)).toEqual({ text: expected, labels: [label] })
  })

  it.each([
    'eyJust.a.word',
    'https://a.example/b?design=1&q=sig',
    'the key is under the mat, password on request',
    `${'A'.repeat(200)}==`,
    'eyJ'.repeat(50),
    'task-force-and-a-risk-assessment-for-everybody-involved',
    'the bearer of this letter is allowed in',
    'postgres://db.example:5432/sales?user=a@b',
    'a.b.c https://learn.example/?view=x#sig=fragment',
  ])('is not seen in %j', (text) => {
    expect(cleanText(text)).toBeNull()
  })

  it.each([
    ['token heads', 'eyJ'],
    ['heads with dots', 'eyJaaaaaaaa.'],
    ['schemes', 'https://'],
    ['link starts', 'https://a?sig'],
    ['keys', 'pwd='],
    ['key heads', '-----BEGIN PRIVATE KEY-----'],
    ['half key heads', '-----BEGIN '],
    ['base64', 'AAAA'],
    ['base64 ends', `${'A'.repeat(85)}==`],
    ['bare signatures', 'sig=aaaa'],
  ])('costs time in proportion to length for many %s', (_what, unit) => {
    const time = (length: number) => {
      const text = unit.repeat(Math.ceil(length / unit.length))
      const started = performance.now()
      cleanText(text)
      return performance.now() - started
    }
    time(100_000)
    // Quadratic cost would be minutes here.
    expect(time(2_000_000)).toBeLessThan(2000)
  })

  it('is found anywhere in random text', () => {
    const noise = randomBytes(3000).toString('base64')
    expect(cleanText(`${noise} ${jwt} ${noise}`)?.text).not.toContain(jwt)
  })
})

describe('part of a value', () => {
  it.each([
    ['ann.b@corp.example', 'a***@corp.example'],
    ['ab@corp.example', '***@corp.example'],
    ['+44 20 7946 0123', '***0123'],
    ['12345678', '***78'],
    ['12345', '***'],
    ['', '***'],
    ['write to ann@corp.example', '***mple'],
  ])('of %j is %j', (value, expected) => {
    expect(showPart(value)).toBe(expected)
  })
})
