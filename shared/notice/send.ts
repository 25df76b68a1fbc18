import { type Address, readAddress } from './address.ts'
import { cardLimit, makeCard } from './card.ts'
import type { Delivery, Notice, NoticeChannel } from './notice.ts'
import type { NoticePost } from './notice-http.ts'
import { makeWebhookBody, signWebhook } from './webhook.ts'

export interface SendOptions {
  readonly publicUrl: string
  readonly secretOf: (name: string) => Promise<string>
  readonly post: (message: NoticePost) => Promise<Delivery>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** One attempt to tell one channel; never rejects. */
export function createSend(options: SendOptions) {
  return async (channel: NoticeChannel, notice: Notice): Promise<Delivery> => {
    try {
      const address = readAddress(channel.kind, await options.secretOf(channel.secret))
      const message = address && write(address, notice, options)
      if (message === null) return { ok: false, reason: 'secret_malformed' }
      return Buffer.byteLength(message.body) > cardLimit ? tooLarge : await options.post(message)
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.name : 'unknown' }
    }
  }
}

const tooLarge: Delivery = { ok: false, reason: 'too_large', gone: true }

function write({ url, key }: Address, notice: Notice, { publicUrl, now }: SendOptions): NoticePost {
  if (key === null) return { url, body: makeCard(notice, publicUrl) }
  const body = makeWebhookBody(notice, publicUrl)
  return { url, ...signWebhook(key, { id: notice.id, seconds: Math.floor(now() / 1000), body }) }
}
