import type { Gateway } from './gateway.ts'

/** What a view works with. */
export interface Desk {
  readonly gateway: Gateway
  /** Object id of the person who signed in. */
  readonly oid: string
  /** Signs in again, as a challenge (base64) asks, and comes back to the same place. */
  readonly signInAgain: (claims: string) => Promise<never>
  /** Draws the present place anew. */
  readonly redraw: () => Promise<void>
}

/** Draws one place of the console. `id` is the last part of its address. */
export type View = (desk: Desk, id: string) => Promise<HTMLElement>
