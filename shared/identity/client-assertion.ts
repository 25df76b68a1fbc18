/** A federated credential's token; epoch milliseconds. */
export interface FederatedToken {
  readonly token: string
  readonly expiresAt: number
}

const renewBefore = 600_000

/**
 * The client assertion, fetched once and kept until ten minutes before its end; callers at the same time share one fetch,
 * a failed one is not kept. `now` is epoch milliseconds.
 */
export function memoiseAssertion(load: () => Promise<FederatedToken>, now: () => number): () => Promise<string> {
  let held: FederatedToken | null = null
  let inFlight: Promise<FederatedToken> | null = null

  async function renew(): Promise<FederatedToken> {
    inFlight ??= load().finally(() => {
      inFlight = null
    })
    held = await inFlight
    return held
  }

  return async () => {
    const fresh = held !== null && now() < held.expiresAt - renewBefore ? held : await renew()
    return fresh.token
  }
}
