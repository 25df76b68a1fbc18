import { describe, expect, it } from 'vitest'
import { type ResumedVote, readResume, writeResume } from '../../../shared/approval/resume.ts'
import { vaultOf } from '../../support/approval-sealed.ts'

const minute = 60_000
const keys = vaultOf('audit-hmac-2026-11/0a1b2c3d')
const vote: ResumedVote = { tid: 't', voter: 'carol', id: 'apr_1', digest: 'd', decision: 'approve' }
const now = Date.UTC(2026, 10, 22, 12)
const text = 'Der Kunde hat zugestimmt – „ja“.'
const write = () => writeResume({ vote, text, now, nonce: '0b'.repeat(12) }, keys)

describe('words of a vote over a sign-in', () => {
  it('come back for the same vote, and cannot be read in the token', async () => {
    const token = await write()
    expect(await readResume({ vote, token, now }, keys)).toBe(text)
    expect(Buffer.from(token.split('.')[3] ?? '', 'base64url').toString('utf8')).not.toContain('Kunde')
  })

  it.each(Object.keys(vote))('come back for no vote of another %s', async (name) => {
    const other = { ...vote, [name]: 'another' }
    expect(await readResume({ vote: other, token: await write(), now }, keys)).toBeNull()
  })

  it('come back for a quarter of an hour, however the token says otherwise', async () => {
    const token = await write()
    const at = (later: number) => readResume({ vote, token, now: now + later }, keys)
    expect([await at(15 * minute - 1), await at(15 * minute)]).toEqual([text, null])
    const longer = token.replace(String(now + 15 * minute), String(now + 90 * minute))
    expect(await readResume({ vote, token: longer, now }, keys)).toBeNull()
  })

  it('come back after the month’s key has changed', async () => {
    const token = await writeResume({ vote, text, now, nonce: '0b'.repeat(12) }, vaultOf('audit-hmac-2026-10/0a1b2c3d'))
    expect(await readResume({ vote, token, now }, keys)).toBe(text)
  })

  it.each([
    '',
    'r1',
    'r1.x.1.y',
    `r1.${Buffer.from('none/0a1b2c3d').toString('base64url')}.9999999999999.AAAA`,
    '....',
  ])('are none in %j', async (token) => {
    expect(await readResume({ vote, token, now }, keys)).toBeNull()
  })

  it('are none where one bit of what is sealed is another', async () => {
    const [form, kid, until, content = ''] = (await write()).split('.')
    const sealed = Buffer.from(content, 'base64url')
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      const token = [form, kid, until, changed.toString('base64url')].join('.')
      expect(await readResume({ vote, token, now }, keys)).toBeNull()
    }
  })
})
