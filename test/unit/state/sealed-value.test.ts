import { describe, expect, it } from 'vitest'
import { createValueSeal } from '../../../shared/state/sealed-value.ts'

const secret = (fill: number) => async () => new Uint8Array(32).fill(fill)
const place = { partition: 'p', key: 'k' }
const seal = createValueSeal(secret(1), 'table')

describe('a sealed value', () => {
  it('comes back as it was put', async () => {
    expect(await seal.open({ ...place, values: await seal.seal(place, { a: [1, 'é'] }) })).toEqual({ a: [1, 'é'] })
  })

  it.each([
    { name: 'changed', change: { value: '{"a":2}' } },
    { name: 'without a MAC', change: { mac: '' } },
    { name: 'with a MAC that is no base64', change: { mac: '###' } },
    { name: 'under another key', where: { ...place, key: 'l' } },
    { name: 'in another partition', where: { ...place, partition: 'q' } },
    { name: 'of another table', reader: createValueSeal(secret(1), 'other') },
    { name: 'under another secret', reader: createValueSeal(secret(2), 'table') },
  ])('is nothing $name', async ({ change = {}, where = place, reader = seal }) => {
    const values = { ...(await seal.seal(place, { a: 1 })), ...change }
    expect(await reader.open({ ...where, values })).toBeNull()
  })

  it('is not read where the secret cannot be had', async () => {
    const values = await seal.seal(place, 1)
    const away = createValueSeal(() => Promise.reject(new Error('away')), 'table')
    await expect(away.open({ ...place, values })).rejects.toThrow('away')
  })
})
