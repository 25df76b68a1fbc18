/** Tokens of the server's answers (MS-TDS 2.2.7). */

const uint16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

/** Counted text: one byte for the length in characters, or two. */
const shortText = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')])
const longText = (text: string) => Buffer.concat([uint16(text.length), Buffer.from(text, 'utf16le')])

/** Latin1_General, as text columns carry it. */
export const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])

const envChange = (type: number, ...values: Buffer[]) => {
  const body = Buffer.concat([Buffer.from([type]), ...values])
  return Buffer.concat([Buffer.from([0xe3]), uint16(body.length), body])
}

const counted = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes])

/** What a transaction's begin (8), commit (9) or rollback (10) tells the client. */
export function writeTransaction(type: 8 | 9 | 10): Buffer {
  const descriptor = counted(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))
  const none = Buffer.from([0])
  return type === 8 ? envChange(type, descriptor, none) : envChange(type, none, descriptor)
}

/** The answer to a login that holds. */
export function writeLoginAnswer(database: string): Buffer {
  const name = shortText('Microsoft SQL Server')
  const ack = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), name, Buffer.from([12, 0, 8, 0])])
  return Buffer.concat([
    envChange(1, shortText(database), shortText('master')),
    envChange(7, counted(collation), Buffer.from([0])),
    Buffer.concat([Buffer.from([0xad]), uint16(ack.length), ack]),
    // The federated login is acknowledged, without data of its own.
    Buffer.from([0xae, 0x02, 0, 0, 0, 0, 0xff]),
    writeDone(0xfd, {}),
  ])
}

/** Tells the client to go to another host instead (MS-TDS 2.2.7.9, routing). */
export function writeRouting(host: string, port: number): Buffer {
  const data = Buffer.concat([Buffer.from([0]), uint16(port), longText(host)])
  return envChange(20, uint16(data.length), data, uint16(0))
}

/** An error as the server has it. */
export interface ServerFault {
  readonly number: number
  readonly severity: number
  readonly message: string
}

/** ERROR. */
export function writeError({ number, severity, message }: ServerFault): Buffer {
  const head = Buffer.alloc(6)
  head.writeInt32LE(number)
  head[4] = 1
  head[5] = severity
  const line = Buffer.from([1, 0, 0, 0])
  const body = Buffer.concat([head, longText(message), shortText('stand-in'), shortText(''), line])
  return Buffer.concat([Buffer.from([0xaa]), uint16(body.length), body])
}

/** What a statement's end tells. */
export interface Done {
  readonly more?: boolean
  readonly error?: boolean
  readonly attention?: boolean
  readonly count?: number
}

/** DONE (0xFD), DONEPROC (0xFE) or DONEINPROC (0xFF). */
export function writeDone(token: 0xfd | 0xfe | 0xff, { more, error, attention, count }: Done): Buffer {
  const flags = (more ? 1 : 0) | (error ? 2 : 0) | (count === undefined ? 0 : 0x10) | (attention ? 0x20 : 0)
  const bytes = Buffer.alloc(13)
  bytes[0] = token
  bytes.writeUInt16LE(flags, 1)
  bytes.writeBigUInt64LE(BigInt(count ?? 0), 5)
  return bytes
}

/** RETURNSTATUS of a procedure that went well. */
export const returnStatus = Buffer.from([0x79, 0, 0, 0, 0])

/** A column as COLMETADATA has it: `info` is the TYPE_INFO. */
export interface TokenColumn {
  readonly name: string
  readonly info: Buffer
}

/** COLMETADATA; every column may be null. */
export function writeColumns(columns: readonly TokenColumn[]): Buffer {
  const parts = columns.map(({ name, info }) => Buffer.concat([Buffer.from([0, 0, 0, 0, 1, 0]), info, shortText(name)]))
  return Buffer.concat([Buffer.from([0x81]), uint16(columns.length), ...parts])
}

/** ROW of encoded cells. */
export function writeRow(cells: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0xd1]), ...cells])
}
