/** What somebody can be told of. */
export const noticeKinds = [
  'approval-requested',
  'approval-escalated',
  'approval-decided',
  'break-glass',
  'break-glass-ended',
  'identity-mismatch',
  'not-me',
] as const

export type NoticeKind = (typeof noticeKinds)[number]

/** Members of a notice, for people and for programs. */
export type NoticeData = Readonly<Record<string, string | number | readonly string[] | null>>

/**
 * One thing to tell. It holds ids of the directory, never a name, a value or data; nothing that is done with it decides
 * anything. The id is the same for the same occurrence, so that it is told once, and has no full stop in it.
 */
export interface Notice {
  readonly id: string
  readonly kind: NoticeKind
  /** When it happened, ISO 8601 UTC. */
  readonly time: string
  readonly data: NoticeData
  /** Where in the console somebody looks into it, from the fragment on. */
  readonly place: string
}

/** Takes notices; `enqueue` never rejects. It resolves once they are durable, with false where they cannot be kept. */
export interface Notices {
  readonly enqueue: (notice: Notice) => Promise<boolean>
}

/** Where notices go, as the settings name it. */
export interface NoticeChannel {
  readonly kind: 'teams' | 'webhook'
  /** Name of the vault's secret that holds the address. */
  readonly secret: string
}

/** How an attempt to tell ended. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** In short, for the log: a status or the name of a failure. */
      readonly reason: string
      /** Seconds that the receiver asks for. */
      readonly retryAfter?: number
      /** Nobody there wants any more of them. */
      readonly gone?: boolean
    }

/** The name of a channel in rows and logs. */
export function channelName({ kind, secret }: NoticeChannel): string {
  return `${kind}-${secret}`
}

/** Alarms are told of in the book as well when they were sent. */
export function isAlarm(kind: NoticeKind): boolean {
  return !kind.startsWith('approval-')
}
