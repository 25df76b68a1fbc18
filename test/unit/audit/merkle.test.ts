import { describe, expect, it } from 'vitest'
import { leafDigest } from '../../../shared/audit/chain.ts'
import {
  type Consistency,
  growTree,
  type Inclusion,
  isConsistent,
  isIncluded,
  proveConsistency,
  proveInclusion,
  treeRoot,
} from '../../../shared/audit/merkle.ts'
import { fc } from '../../support/property.ts'

// Inputs and roots of the reference tests of Certificate Transparency (RFC 6962).
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const leaves = inputs.map((input) => leafDigest(Buffer.from(input, 'hex')))
const many = (count: number) => Array.from({ length: count }, (_, index) => leafDigest(Buffer.from(`leaf ${index}`)))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('a tree', () => {
  it.each(roots.map((root, size) => [size, root] as const))('of %i leaves has the published root', (size, root) => {
    expect(hex(treeRoot(leaves.slice(0, size)))).toBe(root)
  })

  it('goes on from its edge as if it had never stopped', () => {
    const all = many(100)
    for (let size = 0; size <= all.length; size += 7) {
      const begun = growTree()
      for (const leaf of all.slice(0, size)) begun.append(leaf)
      const resumed = growTree(begun.size(), begun.edge())
      for (const leaf of all.slice(size)) resumed.append(leaf)
      expect([resumed.size(), hex(resumed.root())]).toEqual([100, hex(treeRoot(all))])
    }
  })

  it('refuses an edge that does not fit its size', () => {
    expect(() => growTree(3, [new Uint8Array(32)])).toThrow(TypeError)
  })
})

describe('an inclusion proof', () => {
  const all = many(40)
  const places = Array.from({ length: 40 }, (_, count) => count + 1).flatMap((size) =>
    Array.from({ length: size }, (_, index) => ({ size, index })),
  )
  const claims = places.map(({ size, index }) => {
    const part = all.slice(0, size)
    return { leaf: part[index] as Uint8Array, index, size, proof: proveInclusion(part, index), root: treeRoot(part) }
  })
  const other = leafDigest(Buffer.from('other'))

  it('holds for every leaf of every size up to 40', () => {
    expect(claims.filter((claim) => !isIncluded(claim))).toEqual([])
    expect(claims).toHaveLength(820)
  })

  it.each([
    ['leaf', (claim: Inclusion) => ({ ...claim, leaf: other })],
    ['root', (claim: Inclusion) => ({ ...claim, root: other })],
    ['index', (claim: Inclusion) => ({ ...claim, index: (claim.index + 1) % (claim.size + 1) })],
    ['longer proof', (claim: Inclusion) => ({ ...claim, proof: [...claim.proof, other] })],
    ['shorter proof', (claim: Inclusion) => ({ ...claim, proof: claim.size === 1 ? [other] : claim.proof.slice(1) })],
  ])('holds with no other %s', (_, forge) => {
    expect(claims.map(forge).filter(isIncluded)).toEqual([])
  })

  it('does not exist for a leaf that is not there', () => {
    expect(() => proveInclusion(leaves, 8)).toThrow(RangeError)
    expect(
      isIncluded({ leaf: leaves[0] as Uint8Array, index: 1, size: 1, proof: [], root: leaves[0] as Uint8Array }),
    ).toBe(false)
  })
})

describe('a consistency proof', () => {
  const all = many(34)
  const pairs = Array.from({ length: 33 }, (_, count) => count + 1).flatMap((second) =>
    Array.from({ length: second }, (_, count) => ({ first: count + 1, second })),
  )
  const claims = pairs.map(({ first, second }) => ({
    first: { size: first, root: treeRoot(all.slice(0, first)) },
    second: { size: second, root: treeRoot(all.slice(0, second)) },
    proof: proveConsistency(all.slice(0, second), first),
  }))
  const other = treeRoot(all.slice(1))

  it('holds between every two sizes up to 33', () => {
    expect(claims.filter((claim) => !isConsistent(claim))).toEqual([])
    expect(claims).toHaveLength(561)
  })

  it.each([
    ['first root', (claim: Consistency) => ({ ...claim, first: { ...claim.first, root: other } })],
    ['second root', (claim: Consistency) => ({ ...claim, second: { ...claim.second, root: other } })],
    ['longer proof', (claim: Consistency) => ({ ...claim, proof: [...claim.proof, other] })],
    ['size', (claim: Consistency) => ({ ...claim, second: { ...claim.second, size: claim.second.size * 4 + 3 } })],
  ])('holds with no other %s', (_, forge) => {
    expect(claims.map(forge).filter(isConsistent)).toEqual([])
  })

  it('does not hold where an early leaf was changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, pick, change) => {
        const all = many(size)
        const first = 1 + (pick % (size - 1))
        const forged = all.with(change % first, leafDigest(Buffer.from('forged')))
        const claim = {
          first: { size: first, root: treeRoot(all.slice(0, first)) },
          second: { size, root: treeRoot(forged) },
          proof: proveConsistency(forged, first),
        }
        expect(isConsistent(claim)).toBe(false)
      }),
    )
  })

  it('says nothing about a tree without leaves, or one that shrank', () => {
    const root = treeRoot(leaves)
    expect(isConsistent({ first: { size: 0, root }, second: { size: 8, root }, proof: [] })).toBe(false)
    expect(isConsistent({ first: { size: 8, root }, second: { size: 7, root }, proof: [] })).toBe(false)
  })
})
