import type { Connection } from 'tedious'

/** The part of the driver's connection that stands between the handshake and the token. */
interface LoginStep {
  sendLogin7Packet: (() => void) | undefined
  readonly messageIo?: { readonly tlsNegotiationComplete?: boolean }
  readonly routingData?: { readonly server: string } | undefined
}

/**
 * Lets the login, which carries the token, out only after TLS with a verified certificate, and only to an allowed host.
 * The driver itself would go on in clear where a server answers that it does not encrypt, and follows wherever the
 * server sends it.
 */
export function guardLogin(connection: Connection, allowsHost: (host: string) => boolean): void {
  const step = connection as unknown as LoginStep
  const send = step.sendLogin7Packet
  if (typeof send !== 'function') throw new TypeError('the driver has no login step to guard')
  step.sendLogin7Packet = () => {
    if (step.messageIo?.tlsNegotiationComplete !== true) throw new Error('the server does not encrypt')
    const host = step.routingData?.server
    if (host !== undefined && !allowsHost(host)) throw new Error('the server sends us to a host that is not allowed')
    send.call(connection)
  }
}

/** The part of the driver that reads an answer for a request. */
interface ReadStep {
  readonly request?: unknown
  createTokenStreamParser: ((message: unknown, handler: ReadHandler) => Emitter) | undefined
}

interface ReadHandler {
  request?: unknown
}

interface Emitter {
  emit: (name: string, ...values: unknown[]) => boolean
}

/**
 * Keeps the driver from calling back for a request that it has already failed: where a connection is cut while an answer
 * is being read, it would throw into the void, which ends the process.
 */
export function guardReading(connection: Connection): void {
  const step = connection as unknown as ReadStep
  const create = step.createTokenStreamParser
  if (typeof create !== 'function') throw new TypeError('the driver has no reading step to guard')
  step.createTokenStreamParser = (message, handler) => {
    const isOfRequest = 'request' in handler
    if (isOfRequest) handler.request ??= { canceled: true }
    const parser = create.call(connection, message, handler)
    const emit = parser.emit
    parser.emit = (name, ...values) => {
      const isLate = isOfRequest && name === 'end' && step.request === undefined
      return isLate ? false : emit.call(parser, name, ...values)
    }
    return parser
  }
}

/** Numbers of the errors that the server sends at the login, which the driver's own error leaves out. */
export function listenForErrors(connection: Connection): () => Error | undefined {
  let first: Error | undefined
  connection.on('errorMessage', ({ number, class: severity }: { readonly number: number; readonly class: number }) => {
    first ??= Object.assign(new Error('refused'), { number, class: severity })
  })
  return () => first
}

/** A promise of what a callback gives; `done` without an error resolves. */
export function settle<T>(start: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => (error == null ? resolve(value as T) : reject(error)))
  })
}
