import { describe, expect, it } from 'vitest'
import { type Binding, openHandle, sealHandle } from '../../../shared/backend/operation-handle.ts'

const key = new Uint8Array(32).fill(1)
const bound: Binding = {
  kind: 'cursor',
  tid: 't',
  oid: 'o',
  actor: 'a',
  backend: 'b',
  operation: 'list',
  inputs: 'digest',
}
const day = 24 * 60 * 60_000
const handle = sealHandle(key, 'secret text', { bound, now: 1000 })

describe('a handle', () => {
  it('opens for whom and what it was sealed for, for a day', () => {
    expect(openHandle(key, handle, { bound, now: 1000 })).toBe('secret text')
    expect(openHandle(key, handle, { bound, now: 999 + day })).toBe('secret text')
    expect(openHandle(key, handle, { bound, now: 1000 + day })).toBeNull()
  })

  it('shows nothing of what is in it, and is a word that nobody takes for a secret', () => {
    expect(handle).toMatch(/^cur_[\w-]+$/)
    expect(Buffer.from(handle.slice(4), 'base64url').includes('secret')).toBe(false)
  })

  it.each(['kind', 'tid', 'oid', 'actor', 'backend', 'operation', 'inputs'] as const)('is bound by %s', (name) => {
    const other = { ...bound, [name]: name === 'kind' ? 'work' : 'other' } as Binding
    expect(openHandle(key, handle, { bound: other, now: 1000 })).toBeNull()
    // The mark says the kind; without it the seal still does.
    expect(openHandle(key, handle.replace('cur_', 'op_'), { bound: other, now: 1000 })).toBeNull()
  })

  it('opens under no other key', () => {
    expect(openHandle(new Uint8Array(32), handle, { bound, now: 1000 })).toBeNull()
  })

  it.each([
    ['empty', ''],
    ['a mark alone', 'cur_'],
    ['too short', 'cur_AAAA'],
    ['cut', handle.slice(0, -4)],
    ['longer', `${handle}AAAA`],
    ['padded', `${handle}=`],
    ['far too long', `cur_${'A'.repeat(40_000)}`],
    ['no base64url', 'cur_***'],
  ])('that is %s is none', (_what, text) => {
    expect(openHandle(key, text, { bound, now: 1000 })).toBeNull()
  })

  it('is none once any character of it is another', () => {
    const opened = [...handle].map((letter, at) => {
      const touched = `${handle.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${handle.slice(at + 1)}`
      return openHandle(key, touched, { bound, now: 1000 })
    })
    expect(opened.every((text) => text === null)).toBe(true)
  })
})
