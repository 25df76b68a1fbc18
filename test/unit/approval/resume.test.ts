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

  it('are none where one character of the token is another', async () => {
    const token = await write()
    for (let at = 0; at < token.length; at += 3) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      // The last character of base64 may hold bits that mean nothing.
      if (
        Buffer.from(changed.split('.')[3] ?? '', 'base64url').equals(
          Buffer.from(token.split('.')[3] ?? '', 'base64url'),
        )
      ) {
        if (changed.split('.').slice(0, 3).join() === token.split('.').slice(0, 3).join()) continue
      }
      expect(await readResume({ vote, token: changed, now }, keys)).toBeNull()
    }
  })
})
