import type { Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

/** One request of the wire protocol; `reply` answers it in the same kind. */
export interface WireRequest {
  readonly command: Document
  readonly reply: (answer: Document) => void
}

const opQuery = 2004
const opReply = 1
const opMsg = 2013
const longest = 48 * 1024 * 1024

/** Reads requests off a connection: OP_MSG, and OP_QUERY for the first greeting. A message that is neither ends it. */
export function readRequests(socket: Socket, serve: (request: WireRequest) => Promise<void>): void {
  let waiting = Buffer.alloc(0)
  let turn = Promise.resolve()
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    for (let message = takeMessage(waiting); message !== null; message = takeMessage(waiting)) {
      waiting = waiting.subarray(message.length)
      const request = parse(message, socket)
      if (request === null) return void socket.destroy()
      turn = turn.then(() => serve(request)).catch(() => void socket.destroy())
    }
    if (waiting.length > longest) socket.destroy()
  })
}

function takeMessage(waiting: Buffer): Buffer | null {
  if (waiting.length < 16) return null
  const length = waiting.readInt32LE(0)
  return waiting.length < length ? null : waiting.subarray(0, length)
}

function parse(message: Buffer, socket: Socket): WireRequest | null {
  const id = message.readInt32LE(4)
  const kind = message.readInt32LE(12)
  if (kind === opMsg) {
    const command = readSections(message)
    return command === null
      ? null
      : { command, reply: (answer) => write(socket, { id, kind: opMsg, body: inMsg(answer) }) }
  }
  if (kind !== opQuery) return null
  const name = message.indexOf(0, 20)
  const command = BSON.deserialize(message.subarray(name + 9))
  return { command, reply: (answer) => write(socket, { id, kind: opReply, body: inReply(answer) }) }
}

/** The body, with each sequence of documents as the member that it stands for. */
function readSections(message: Buffer): Document | null {
  let at = 20
  let command: Document = {}
  while (at < message.length) {
    const kind = message[at]
    const size = message.readInt32LE(at + 1)
    const part = message.subarray(at + 1, at + 1 + size)
    if (kind === 0) command = { ...BSON.deserialize(part), ...command }
    else if (kind === 1) command = { ...command, ...readSequence(part) }
    else return null
    at += 1 + size
  }
  return command
}

function readSequence(part: Buffer): Document {
  const end = part.indexOf(0, 4)
  const documents: Document[] = []
  for (let at = end + 1; at < part.length; ) {
    const size = part.readInt32LE(at)
    documents.push(BSON.deserialize(part.subarray(at, at + size)))
    at += size
  }
  return { [part.toString('utf8', 4, end)]: documents }
}

function inMsg(answer: Document): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), BSON.serialize(answer)])
}

function inReply(answer: Document): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(8, 0)
  head.writeInt32LE(1, 16)
  return Buffer.concat([head, BSON.serialize(answer)])
}

let sent = 0

function write(socket: Socket, { id, kind, body }: { id: number; kind: number; body: Buffer }): void {
  const head = Buffer.alloc(16)
  sent += 1
  head.writeInt32LE(16 + body.length, 0)
  head.writeInt32LE(sent, 4)
  head.writeInt32LE(id, 8)
  head.writeInt32LE(kind, 12)
  socket.write(Buffer.concat([head, body]))
}
