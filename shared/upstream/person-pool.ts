/** How many connections there may be, and how long an unused one is kept. */
export interface PoolLimits {
  readonly total: number
  readonly idlePerPerson: number
  readonly idleMs: number
}

/** What the pool needs to know about its connections. `reset` makes one as good as new, or rejects. */
export interface PoolOptions<T> {
  readonly limits: PoolLimits
  readonly close: (resource: T) => void
  readonly reset: (resource: T) => Promise<void>
  readonly usable: (resource: T) => boolean
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Whose connection: `key` names person and token, `person` the person at this database, `expiresAt` (epoch ms) the token's end. */
export interface Owner {
  readonly key: string
  readonly person: string
  readonly expiresAt: number
}

/** A connection in use. `release(true)` gives it back, `release(false)` closes it. */
export interface Lease<T> {
  readonly resource: T
  readonly reused: boolean
  readonly release: (healthy: boolean) => Promise<void>
}

/** A connection of one person is only ever given to the same key again. */
export interface PersonPool<T> {
  /** Gives an idle connection of this owner (unless `fresh`) or opens one; null where the pool is full. */
  readonly acquire: (owner: Owner, open: () => Promise<T>, fresh?: boolean) => Promise<Lease<T> | null>
  /** Closes what has been idle too long or whose token ended. */
  readonly sweep: () => void
  readonly close: () => void
  readonly size: () => { readonly used: number; readonly idle: number }
}

interface Idle<T> {
  readonly resource: T
  readonly owner: Owner
  readonly since: number
}

interface State<T> {
  readonly options: PoolOptions<T>
  idle: Idle<T>[]
  used: number
  closed: boolean
}

/** A bounded pool of connections that are never shared between people. */
export function createPersonPool<T>(options: PoolOptions<T>): PersonPool<T> {
  const state: State<T> = { options, idle: [], used: 0, closed: false }
  return {
    acquire: (owner, open, fresh = false) => acquire({ state, owner, open, fresh }),
    sweep: () => closeWhere(state, (one) => isStale(one, options)),
    close: () => {
      state.closed = true
      closeWhere(state, () => true)
    },
    size: () => ({ used: state.used, idle: state.idle.length }),
  }
}

interface Wish<T> {
  readonly state: State<T>
  readonly owner: Owner
  readonly open: () => Promise<T>
  readonly fresh: boolean
}

async function acquire<T>({ state, owner, open, fresh }: Wish<T>): Promise<Lease<T> | null> {
  closeWhere(state, (one) => isStale(one, state.options))
  const found = fresh ? undefined : state.idle.findLast((one) => one.owner.key === owner.key)
  if (found !== undefined) {
    state.idle = state.idle.filter((one) => one !== found)
    state.used += 1
    return lease(state, owner, { resource: found.resource, reused: true })
  }
  if (!makeRoom(state)) return null
  state.used += 1
  try {
    return lease(state, owner, { resource: await open(), reused: false })
  } catch (error) {
    state.used -= 1
    throw error
  }
}

function lease<T>(state: State<T>, owner: Owner, given: { resource: T; reused: boolean }): Lease<T> {
  let released = false
  const release = async (healthy: boolean): Promise<void> => {
    if (released) return
    released = true
    const kept = healthy && (await settle(state, given.resource))
    state.used -= 1
    if (kept) keep(state, { resource: given.resource, owner, since: state.options.now() })
    else state.options.close(given.resource)
  }
  return { ...given, release }
}

async function settle<T>({ options }: State<T>, resource: T): Promise<boolean> {
  return options.reset(resource).then(
    () => options.usable(resource),
    () => false,
  )
}

function keep<T>(state: State<T>, one: Idle<T>): void {
  const { limits, close } = state.options
  if (state.closed || limits.idlePerPerson < 1 || isStale(one, state.options)) {
    close(one.resource)
    return
  }
  // Counted over all tokens of the person: each new sign-in would otherwise leave connections of its own behind, until
  // the database lets the person's role have no more.
  const own = state.idle.filter(({ owner }) => owner.person === one.owner.person)
  const surplus = own.slice(0, Math.max(0, own.length + 1 - limits.idlePerPerson))
  state.idle = [...state.idle.filter((each) => !surplus.includes(each)), one]
  for (const { resource } of surplus) close(resource)
}

/** The one that was idle longest makes room. */
function makeRoom<T>(state: State<T>): boolean {
  if (state.closed) return false
  if (state.used + state.idle.length < state.options.limits.total) return true
  const [oldest, ...rest] = state.idle
  if (oldest === undefined) return false
  state.idle = rest
  state.options.close(oldest.resource)
  return true
}

function closeWhere<T>(state: State<T>, test: (one: Idle<T>) => boolean): void {
  const going = state.idle.filter(test)
  if (going.length === 0) return
  state.idle = state.idle.filter((one) => !going.includes(one))
  for (const { resource } of going) state.options.close(resource)
}

function isStale<T>({ since, owner, resource }: Idle<T>, { limits, now, usable }: PoolOptions<T>): boolean {
  return now() - since >= limits.idleMs || now() >= owner.expiresAt || !usable(resource)
}
