import { createHash, createPrivateKey, sign } from 'node:crypto'
import { Client, type ClientChannel } from 'ssh2'
import type { SshCredential } from '../identity/ssh-exchange.ts'
import { sshFaults } from './ssh-failure.ts'

/** Where and as whom to connect. */
export interface SshSessionOptions {
  readonly host: string
  readonly port: number
  /** Host keys that it may show, as base64 of SHA-256 without padding. */
  readonly keys: readonly string[]
  readonly login: string
  readonly credential: SshCredential
}

/** Bounds of one command: bytes that are kept of both its outputs, and bytes after which nobody listens any more. */
export interface SshBounds {
  readonly keepBytes: number
  readonly maxBytes: number
}

/** What one command gave. `code` is null where a signal ended it. */
export interface SshOutput {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly code: number | null
  readonly signal: string | null
  /** Bytes that came, kept or not. */
  readonly bytes: number
}

/** One connection of one person, for one call. */
export interface SshSession {
  /** Runs one command without terminal, input or environment. Rejects with a message of `sshFaults`. */
  readonly run: (command: string, bounds: SshBounds) => Promise<SshOutput>
  /** Cuts the connection, and asks the machine to end what still runs. */
  readonly end: () => void
}

/** Opens a connection: the host's key first, then the certificate, and nothing else is tried. */
export async function openSshSession(options: SshSessionOptions, signal: AbortSignal): Promise<SshSession> {
  signal.throwIfAborted()
  const client = new Client()
  const stop = () => client.destroy()
  signal.addEventListener('abort', stop)
  try {
    await connect(client, options, signal)
  } catch (error) {
    client.on('error', () => undefined)
    client.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return makeSession(client)
}

const algorithms = {
  compress: ['none'],
  serverHostKey: { append: [], prepend: [], remove: ['ssh-rsa', 'ssh-dss'] },
  hmac: { append: [], prepend: [], remove: [/sha1/, /md5/] },
  kex: { append: [], prepend: [], remove: [/sha1$/] },
} as const

function connect(client: Client, options: SshSessionOptions, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let hostKey = 'unseen'
    const isKnown = (key: Buffer) => {
      const known = options.keys.includes(createHash('sha256').update(key).digest('base64').replace(/=+$/, ''))
      hostKey = known ? 'known' : 'other'
      return known
    }
    const fail = (error: Error & { level?: string }) => {
      if (hostKey === 'other') return reject(new Error(sshFaults.hostKey))
      // The driver repeats what the other end says when it hangs up, before anybody knows who that is.
      reject(new Error(error.level === 'client-authentication' ? sshFaults.refused : sshFaults.lost))
    }
    client.on('error', fail)
    client.once('close', () => fail(new Error(sshFaults.lost)))
    client.once('ready', resolve)
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    const tries = ['publickey']
    client.connect({
      host: options.host,
      port: options.port,
      username: options.login,
      // One way to sign in, and no second try of another.
      authHandler: () =>
        tries.pop() === undefined
          ? (false as never)
          : { type: 'publickey', username: options.login, key: options.credential.privateKey },
      hostVerifier: isKnown,
      readyTimeout: 0,
      keepaliveInterval: 15_000,
      ident: 'Countersign_1.0',
      algorithms: algorithms as never,
    })
    certify(client, options)
  })
}

/** The part of the driver that sends: private, so that the version is pinned and a test signs in with it. */
interface Inner {
  readonly _protocol: {
    authPK: (username: string) => void
    signal(channel: number, name: string): void
    readonly _kex: { readonly sessionID: Buffer }
    readonly _authsQueue: string[]
    readonly _cipher: { encrypt(packet: Buffer): void }
    readonly _packetRW: {
      readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer }
    }
  }
}

const algorithm = 'rsa-sha2-512-cert-v01@openssh.com'
const userAuthRequest = 50

/**
 * The driver signs in with plain keys only (mscdex/ssh2, pull request 1486). This sends the certificate in the place of
 * the key, signed as RFC 8332 and PROTOCOL.certkeys say.
 */
function certify(client: Client, { login, credential }: SshSessionOptions): void {
  const { _protocol: protocol } = client as unknown as Inner
  protocol.authPK = () => {
    const { _kex: kex, _packetRW: packets } = protocol
    const certificate = Buffer.from(credential.certificate, 'base64')
    const names = [login, 'ssh-connection', 'publickey'].map((text) => field(Buffer.from(text)))
    const asked = [
      Buffer.of(userAuthRequest),
      ...names,
      Buffer.of(1),
      field(Buffer.from(algorithm)),
      field(certificate),
    ]
    const signed = Buffer.concat([field(kex.sessionID), ...asked])
    const signature = sign('sha512', signed, createPrivateKey(credential.privateKey))
    const payload = Buffer.concat([
      ...asked,
      field(Buffer.concat([field(Buffer.from('rsa-sha2-512')), field(signature)])),
    ])
    const packet = packets.write.alloc(payload.length)
    packet.set(payload, packets.write.allocStart)
    protocol._authsQueue.push('publickey')
    protocol._cipher.encrypt(packets.write.finalize(packet))
  }
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function makeSession(client: Client): SshSession {
  let channel: ClientChannel | null = null
  const end = () => {
    // Without a terminal a machine lets a command run on when the connection ends.
    if (channel !== null) kill(client, channel)
    client.end()
    setTimeout(() => client.destroy(), 1000).unref()
  }
  client.removeAllListeners('error')
  client.on('error', () => undefined)
  return {
    run: (command, bounds) =>
      execute(client, command, (opened) => {
        channel = opened
        return read(opened, bounds)
      }),
    end,
  }
}

/** The driver itself sends no signal where the input has ended. */
function kill(client: Client, channel: ClientChannel): void {
  const { outgoing } = channel as unknown as { readonly outgoing: { readonly id: number; readonly state: string } }
  if (outgoing.state !== 'closed') (client as unknown as Inner)._protocol.signal(outgoing.id, 'KILL')
}

/** `use` is called at once, since how a short command ended may come with the same packet as its begin. */
function execute<T>(client: Client, command: string, use: (channel: ClientChannel) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const lose = () => reject(new Error(sshFaults.lost))
    client.once('close', lose)
    client.exec(command, { pty: false, x11: false }, (error, channel) => {
      client.removeListener('close', lose)
      if (error === undefined) use(channel).then(resolve, reject)
      else reject(new Error(sshFaults.channel))
    })
  })
}

/** Whatever a machine calls the signal stands in rows and answers: words of it are not taken (RFC 4254, 6.10). */
export function signalName(said: string): string {
  return /^(?:SIG)?[A-Z][A-Z0-9+-]{0,15}$/.test(said) ? said : 'other'
}

interface Reading {
  readonly kept: { readonly stdout: Buffer[]; readonly stderr: Buffer[] }
  bytes: number
  left: number
  end: Pick<SshOutput, 'code' | 'signal'> | null
}

function read(channel: ClientChannel, { keepBytes, maxBytes }: SshBounds): Promise<SshOutput> {
  const reading: Reading = { kept: { stdout: [], stderr: [] }, bytes: 0, left: keepBytes, end: null }
  return new Promise<SshOutput>((resolve, reject) => {
    const take = (into: Buffer[]) => (chunk: Buffer) => {
      reading.bytes += chunk.length
      const piece = chunk.subarray(0, reading.left)
      reading.left -= piece.length
      if (piece.length > 0) into.push(Buffer.from(piece))
      if (reading.bytes > maxBytes) reject(new Error(sshFaults.tooLarge))
    }
    channel.on('data', take(reading.kept.stdout))
    channel.stderr.on('data', take(reading.kept.stderr))
    channel.on('exit', (code: number | null, signal?: string) => {
      reading.end = { code, signal: signal === undefined ? null : signalName(signal) }
    })
    channel.on('error', () => reject(new Error(sshFaults.lost)))
    channel.on('close', () => {
      const { end, kept, bytes } = reading
      if (end === null) return reject(new Error(sshFaults.lost))
      resolve({ ...end, bytes, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr) })
    })
    channel.end()
  })
}
