/**
 * The four members of the Reflect metadata proposal that the dependency injection inside `@peculiar/x509` asks for at
 * import; the library brings no polyfill of its own. Import this file before it. Metadata is per class, kept weakly.
 */
type Key = string | symbol

const table = new WeakMap<object, Map<Key, unknown>>()

function define(key: Key, value: unknown, target: object): void {
  const own = table.get(target) ?? new Map<Key, unknown>()
  own.set(key, value)
  table.set(target, own)
}

function getOwn(key: Key, target: object): unknown {
  return table.get(target)?.get(key)
}

function getInherited(key: Key, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
    if (table.get(at)?.has(key)) return getOwn(key, at)
  }
  return undefined
}

const decorate = (key: Key, value: unknown) => (target: object) => define(key, value, target)

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, {
    defineMetadata: define,
    getOwnMetadata: getOwn,
    getMetadata: getInherited,
    metadata: decorate,
  })
}
