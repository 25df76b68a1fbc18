/** A parameter as it came: `type` decides how PostgreSQL is to take it. */
export interface RpcParameter {
  readonly name: string
  readonly type: 'text' | 'integer' | 'bigint' | 'double precision' | 'boolean'
  readonly value: string | null
}

/** One call of sp_executesql. */
export interface RpcCall {
  readonly text: string
  readonly parameters: readonly RpcParameter[]
}

const executeSql = 10

/** Bytes of ALL_HEADERS, which come before a batch's text and an RPC. */
export function skipHeaders(data: Buffer): Buffer {
  return data.subarray(data.readUInt32LE(0))
}

/** Reads an RPC (MS-TDS 2.2.6.6); null where it is no sp_executesql. Throws RangeError on types that are not taken. */
export function readRpc(data: Buffer): RpcCall | null {
  const body = skipHeaders(data)
  if (body.readUInt16LE(0) !== 0xffff || body.readUInt16LE(2) !== executeSql) return null
  const found: RpcParameter[] = []
  for (let at = 6; at < body.length; ) {
    const { parameter, end } = readParameter(body, at)
    found.push(parameter)
    at = end
  }
  const [statement, , ...parameters] = found
  return { text: statement?.value ?? '', parameters }
}

function readParameter(body: Buffer, start: number): { parameter: RpcParameter; end: number } {
  const letters = body[start] ?? 0
  const name = body.toString('utf16le', start + 1, start + 1 + letters * 2)
  const at = start + 2 + letters * 2
  const { type, value, end } = readTyped(body, at)
  return { parameter: { name, type, value }, end }
}

type Typed = Omit<RpcParameter, 'name'> & { readonly end: number }

function readTyped(body: Buffer, at: number): Typed {
  const type = body[at] ?? 0
  if (type === 0xe7) return readText(body, at)
  const read = fixed[type]
  if (read === undefined) throw new RangeError(`parameter of type 0x${type.toString(16)}`)
  const { bytes, end } = readCounted(body, at + 2)
  return { ...read(bytes, body[at + 1] ?? 0), end }
}

type Fixed = (bytes: Buffer, size: number) => Omit<RpcParameter, 'name'>

const orNull = (bytes: Buffer, read: () => unknown) => (bytes.length === 0 ? null : String(read()))

/** IntN, BitN and FloatN. */
const fixed: Readonly<Record<number, Fixed>> = {
  38: (bytes, size) =>
    size === 8
      ? { type: 'bigint', value: orNull(bytes, () => bytes.readBigInt64LE()) }
      : { type: 'integer', value: orNull(bytes, () => bytes.readIntLE(0, bytes.length)) },
  104: (bytes) => ({ type: 'boolean', value: orNull(bytes, () => bytes[0] === 1) }),
  109: (bytes) => ({ type: 'double precision', value: orNull(bytes, () => bytes.readDoubleLE()) }),
}

function readCounted(body: Buffer, at: number): { bytes: Buffer; end: number } {
  const end = at + 1 + (body[at] ?? 0)
  return { bytes: body.subarray(at + 1, end), end }
}

function readText(body: Buffer, at: number): Typed {
  const start = at + 8
  if (body.readUInt16LE(at + 1) === 0xffff) return readParts(body, start)
  const length = body.readUInt16LE(start)
  if (length === 0xffff) return { type: 'text', value: null, end: start + 2 }
  return { type: 'text', value: body.toString('utf16le', start + 2, start + 2 + length), end: start + 2 + length }
}

function readParts(body: Buffer, start: number): Typed {
  if (body.readBigUInt64LE(start) === 0xffffffffffffffffn) return { type: 'text', value: null, end: start + 8 }
  const parts: Buffer[] = []
  let at = start + 8
  for (let length = body.readUInt32LE(at); length > 0; length = body.readUInt32LE(at)) {
    parts.push(body.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { type: 'text', value: Buffer.concat(parts).toString('utf16le'), end: at + 4 }
}
