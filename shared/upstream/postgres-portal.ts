/** A result column as RowDescription names it; `table` and `column` are 0 for expressions. */
export interface PortalField {
  readonly name: string
  readonly table: number
  readonly column: number
  readonly type: number
}

/** What one statement gave. `rows` hold the text format; `count` is the command tag's, null where it has none. */
export interface PortalResult {
  readonly fields: readonly PortalField[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly truncated: boolean
  readonly bytes: number
  readonly command: string
  readonly count: number | null
}

/** `fetchAll` lets the server finish beyond the limit (a change has to run whole); the rows are counted, not kept. */
export interface PortalRequest {
  readonly text: string
  readonly values: readonly (string | null)[]
  readonly limit: number
  readonly maxBytes: number
  readonly fetchAll: boolean
}

/** The part of the driver's connection that a statement is sent through. */
export interface PortalConnection {
  readonly stream: {
    cork(): void
    uncork(): void
    prependListener(event: 'data', listener: (chunk: Uint8Array) => void): unknown
    off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
    destroy(error?: Error): unknown
  }
  parse(message: { text: string; name: string; types: undefined }): void
  bind(message: { portal: string; statement: string; values: readonly (string | null)[] }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: { portal: string; rows: number }): void
  sync(): void
  sendCopyFail(reason: string): void
}

/** Fails a statement whose answer is larger than the cap. */
export const tooLargeMessage = 'answer too large'

interface State {
  fields: PortalField[]
  readonly rows: (string | null)[][]
  seen: number
  bytes: number
  tag: string
}

/**
 * One statement by the extended protocol, in the shape that the driver takes (`submit` and `handle…`): parameters never
 * become text, a second statement is a syntax error at the server, the server stops at the row limit by itself. The
 * cap counts what comes in on the wire, so that one huge value cannot fill the memory.
 */
export function makePortal(request: PortalRequest) {
  const state: State = { fields: [], rows: [], seen: 0, bytes: 0, tag: '' }
  const { promise, resolve, reject } = makeDeferred<PortalResult>()
  let stopCounting = (): void => undefined
  const handlers = {
    handleRowDescription: ({ fields }: { fields: readonly DriverField[] }) => {
      state.fields = fields.map(toField)
    },
    handleDataRow: ({ fields }: { fields: (string | null)[] }) => {
      state.seen += 1
      if (state.rows.length < request.limit) state.rows.push(fields)
    },
    handleCommandComplete: ({ text }: { text: string }) => {
      state.tag = text
    },
    handleReadyForQuery: () => {
      stopCounting()
      resolve(finish(state, request))
    },
    handleError: (error: Error) => {
      stopCounting()
      reject(error)
    },
    handlePortalSuspended: () => undefined,
    handleEmptyQuery: () => undefined,
    handleCopyInResponse: (connection: PortalConnection) => connection.sendCopyFail('not supported'),
    handleCopyData: () => undefined,
  }
  const submit = (connection: PortalConnection): null => {
    stopCounting = countBytes(connection, state, request.maxBytes)
    sendAll(connection, request)
    return null
  }
  return { ...handlers, submit, callback: () => undefined, done: promise }
}

interface DriverField {
  readonly name: string
  readonly tableID: number
  readonly columnID: number
  readonly dataTypeID: number
}

function sendAll(connection: PortalConnection, { text, values, limit, fetchAll }: PortalRequest): void {
  connection.stream.cork()
  try {
    connection.parse({ text, name: '', types: undefined })
    connection.bind({ portal: '', statement: '', values })
    connection.describe({ type: 'P', name: '' })
    // One row more than wanted tells whether there are more.
    connection.execute({ portal: '', rows: fetchAll ? 0 : limit + 1 })
    connection.sync()
  } finally {
    connection.stream.uncork()
  }
}

function countBytes({ stream }: PortalConnection, state: State, maxBytes: number): () => void {
  const count = (chunk: Uint8Array): void => {
    state.bytes += chunk.byteLength
    if (state.bytes > maxBytes) stream.destroy(new Error(tooLargeMessage))
  }
  // Before the driver's own listener: a chunk that holds the whole answer ends the statement there.
  stream.prependListener('data', count)
  return () => void stream.off('data', count)
}

function finish({ fields, rows, seen, bytes, tag }: State, { limit }: PortalRequest): PortalResult {
  const count = /(\d+)$/.exec(tag)?.[1]
  return {
    fields,
    rows,
    truncated: seen > limit,
    bytes,
    command: tag.replace(/ \d.*$/, ''),
    count: count === undefined ? null : Number(count),
  }
}

function toField({ name, tableID, columnID, dataTypeID }: DriverField): PortalField {
  return { name, table: tableID, column: columnID, type: dataTypeID }
}

function makeDeferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
