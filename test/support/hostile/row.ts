import type { Forge } from './forge.ts'

/** What a row puts on the wire. Header values are sent as they are, one line each. */
export interface Sent {
  readonly authorization: readonly string[]
  readonly query?: string
  readonly contentType?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A hostile or odd request, and the answer that it has to get; `code` null is an answer with data. */
export interface HostileRow {
  readonly id: string
  readonly title: string
  readonly status: number
  readonly code: string | null
  /** For the log alone. */
  readonly reason: string
  readonly send: (forge: Forge) => Sent
  /** What a server in front of us does with it, where that is another answer; the code is then null, there is no body. */
  readonly overHttp?: number
}

export const bearer = (token: string): Sent => ({ authorization: [`Bearer ${token}`] })

type Send = HostileRow['send']

/** A row of a token that is answered with 401 and the words that every refused token gets. */
export function invalid(id: string, title: string, [reason, send]: readonly [string, Send]): HostileRow {
  return { id, title, status: 401, code: 'token_invalid', reason, send }
}
