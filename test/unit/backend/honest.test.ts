import { describe, expect, it } from 'vitest'
import { honestyOf } from '../../../shared/backend/honest.ts'
import { loadFunctions } from '../../support/line-declarations.ts'

const configured = new Map((await loadFunctions()).map((backend) => [backend.name, backend]))

describe('what a backend says of itself', () => {
  it('is told once for each that is configured, with all of its notes', () => {
    const told = honestyOf(['fabric-onelake', undefined, 'gone', 'fabric-onelake', '__proto__'], configured)
    const { title, notes } = configured.get('fabric-onelake')!
    expect(Object.entries(told)).toEqual([['fabric-onelake', { title, honesty: 'conditional', notes }]])
  })
})
