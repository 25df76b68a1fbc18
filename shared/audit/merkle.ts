import { hash } from 'node:crypto'

const nodePrefix = 0x01
const digestSize = 32

/** SHA-256(0x01 ‖ left ‖ right): an inner node (RFC 6962 section 2.1). */
function nodeDigest(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + 2 * digestSize)
  input[0] = nodePrefix
  input.set(left, 1)
  input.set(right, 1 + digestSize)
  return hash('sha256', input, 'buffer')
}

/** SHA-256 of nothing: the root of a tree without leaves. */
function emptyRoot(): Uint8Array {
  return hash('sha256', new Uint8Array(), 'buffer')
}

/** A tree that only grows and keeps no leaves: one hash for each full subtree on its right edge. */
export interface GrowingTree {
  /** Leaves so far. */
  readonly size: () => number
  /** Appends a leaf's digest (32 bytes). */
  readonly append: (leaf: Uint8Array) => void
  readonly root: () => Uint8Array
  /** Hashes of the full subtrees, the largest first: with `size` enough to go on later. */
  readonly edge: () => readonly Uint8Array[]
}

/** Starts a tree, or goes on with one that had `size` leaves and this edge. Throws TypeError where the two disagree. */
export function growTree(size = 0, edge: readonly Uint8Array[] = []): GrowingTree {
  if (edge.length !== countBits(size)) throw new TypeError('the edge does not fit the size')
  const subtrees = [...edge]
  let leaves = size
  return {
    size: () => leaves,
    append(leaf) {
      let digest = leaf
      for (let rest = leaves; rest % 2 === 1; rest = Math.floor(rest / 2)) {
        digest = nodeDigest(subtrees.pop() as Uint8Array, digest)
      }
      subtrees.push(digest)
      leaves++
    },
    root: () => subtrees.reduceRight<Uint8Array | null>(joinRight, null) ?? emptyRoot(),
    edge: () => [...subtrees],
  }
}

/** Root of a list of leaf digests (RFC 6962 section 2.1). */
export function treeRoot(leaves: Iterable<Uint8Array>): Uint8Array {
  const tree = growTree()
  for (const leaf of leaves) tree.append(leaf)
  return tree.root()
}

/** Audit path of a leaf, from the leaf upwards (RFC 6962 section 2.1.1). Throws RangeError where there is no such leaf. */
export function proveInclusion(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('no such leaf')
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...proveInclusion(left, index), treeRoot(right)]
    : [...proveInclusion(right, index - split), treeRoot(left)]
}

/** What an inclusion proof says. */
export interface Inclusion {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** Whether the leaf stands at this index of the tree with this size and root (RFC 9162 section 2.1.3.2). */
export function isIncluded({ leaf, index, size, proof, root }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false
  let at: Place = { place: index, last: size - 1 }
  let digest = leaf
  for (const sibling of proof) {
    if (at.last === 0) return false
    digest = isRight(at) ? nodeDigest(sibling, digest) : nodeDigest(digest, sibling)
    at = climb(at)
  }
  return at.last === 0 && isSame(digest, root)
}

/** Proof that a tree of `size` leaves is the beginning of this one (RFC 6962 section 2.1.2). Throws RangeError. */
export function proveConsistency(leaves: readonly Uint8Array[], size: number): Uint8Array[] {
  if (!Number.isInteger(size) || size < 1 || size > leaves.length) throw new RangeError('no such tree')
  return proveSubtree(leaves, size, true)
}

/** What a consistency proof says. */
export interface Consistency {
  readonly first: { readonly size: number; readonly root: Uint8Array }
  readonly second: { readonly size: number; readonly root: Uint8Array }
  readonly proof: readonly Uint8Array[]
}

/** Whether the second tree only appended to the first (RFC 9162 section 2.1.4.2). Empty first trees prove nothing: false. */
export function isConsistent({ first, second, proof }: Consistency): boolean {
  const areSizes = isCount(first.size) && isCount(second.size) && first.size > 0 && first.size <= second.size
  if (!areSizes) return false
  if (first.size === second.size) return proof.length === 0 && isSame(first.root, second.root)
  const path = countBits(first.size) === 1 ? [first.root, ...proof] : [...proof]
  const roots = followBoth(path, { place: first.size - 1, last: second.size - 1 })
  return roots !== null && isSame(roots.before, first.root) && isSame(roots.after, second.root)
}

/** The roots of both trees that a path gives, or null where it is too short or too long. */
function followBoth(path: readonly Uint8Array[], from: Place): { before: Uint8Array; after: Uint8Array } | null {
  const [start, ...siblings] = path
  if (start === undefined) return null
  let at = from
  while (at.place % 2 === 1) at = parentOf(at)
  let [before, after] = [start, start]
  for (const sibling of siblings) {
    if (at.last === 0) return null
    if (isRight(at)) before = nodeDigest(sibling, before)
    after = isRight(at) ? nodeDigest(sibling, after) : nodeDigest(after, sibling)
    at = climb(at)
  }
  return at.last === 0 ? { before, after } : null
}

/** A node of one level: its number from the left, and the number of the level's last node. */
interface Place {
  readonly place: number
  readonly last: number
}

/** Its sibling stands to the left, here or (where it is the last and has none here) further up. */
function isRight({ place, last }: Place): boolean {
  return place % 2 === 1 || place === last
}

/** The parent; a last node without a sibling goes up unchanged to where it has one first. */
function climb(from: Place): Place {
  let at = from
  if (isRight(at)) while (at.place % 2 === 0 && at.place !== 0) at = parentOf(at)
  return parentOf(at)
}

function parentOf({ place, last }: Place): Place {
  return { place: half(place), last: half(last) }
}

function proveSubtree(leaves: readonly Uint8Array[], size: number, isWhole: boolean): Uint8Array[] {
  if (size === leaves.length) return isWhole ? [] : [treeRoot(leaves)]
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return size <= split
    ? [...proveSubtree(left, size, isWhole), treeRoot(right)]
    : [...proveSubtree(right, size - split, false), treeRoot(left)]
}

/** Largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

function joinRight(right: Uint8Array | null, left: Uint8Array): Uint8Array {
  return right === null ? left : nodeDigest(left, right)
}

// Sizes may pass 2^31, where bitwise operators would cut them.
function half(value: number): number {
  return Math.floor(value / 2)
}

function countBits(value: number): number {
  let bits = 0
  for (let rest = value; rest > 0; rest = half(rest)) bits += rest % 2
  return bits
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
