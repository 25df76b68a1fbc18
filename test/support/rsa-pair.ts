import { generateKeyPairSync, type KeyObject } from 'node:crypto'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const kept = Symbol.for('countersign.test.pairs')
// Of the process and not of this module: copies of it must not make keys again, which is what takes time.
const holder = globalThis as { [kept]?: Map<string, Pair> }

/** The RSA-2048 key pair of that name, made at its first use and the same for the whole process. */
export function rsaPair(name: string): Pair {
  holder[kept] ??= new Map()
  const pair = holder[kept].get(name) ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
  holder[kept].set(name, pair)
  return pair
}
